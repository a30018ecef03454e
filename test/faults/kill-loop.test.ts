import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { killLoop } from "./kill-loop.js";
import { seededRandom } from "./seed.js";

/** Minutes, for a slow and shared machine: a limit, not an expectation. */
const LIMIT_MS = 240_000;

describe("8 processes × 500 appends with random kill -9", () => {
  test.each([
    ["jsonl", () => `jsonl:${join(tempDir(), "s.jsonl")}`],
    ["sqlite", () => `sqlite:${join(tempDir(), "s.db")}`],
    ["postgres", () => freshPostgresUrl()],
  ])("%s loses and doubles nothing, and a follower sees each event once", { timeout: LIMIT_MS }, async (_name, url) => {
    const random = seededRandom();
    const result = await killLoop({ url: await url(), writers: 8, appendsEach: 500, killsEach: 3, random });
    expect(result.acknowledged).toBe(4000);
    expect(result.kills).toBeGreaterThan(8);
  });
});
