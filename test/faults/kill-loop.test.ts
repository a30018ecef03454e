import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";
import { FaultReport } from "./fault-report.js";
import { killLoop } from "./kill-loop.js";
import { IS_LONG, seededRandom } from "./seed.js";

/** Minutes, for a slow and shared machine: a limit, not an expectation. */
const LIMIT_MS = 1_200_000;
const SIZE = IS_LONG ? { writers: 16, appendsEach: 400, killsEach: 8 } : { writers: 8, appendsEach: 100, killsEach: 2 };
const LOOPS = IS_LONG ? 3 : 1;

/** Every tenth append or so begins another segment. */
const inSegments = ["jsonl in segments", async () => `jsonl:${join(tempDir(), "s.jsonl")}?segment=4KiB`] as const;

describe("processes that append to one log, with random kill -9", () => {
  test.each([...SHARED_STORES, inSegments])(
    "%s loses and doubles nothing, and a follower sees each event once",
    { timeout: LIMIT_MS },
    async (name, freshUrl) => {
      const report = new FaultReport(`${name}: kill -9 loop`);
      const random = seededRandom();
      let kills = 0;
      for (let loop = 0; loop < LOOPS; loop++) {
        const result = await killLoop({ url: await freshUrl(), ...SIZE, random });
        kills += result.kills;
        // killLoop has thrown where anything was lost or doubled; a trial is one kill.
        for (let n = 0; n < result.kills; n++) {
          const acknowledged = n === 0 ? result.acknowledged : 0;
          report.add(`kill ${n}`, { acknowledged, lost: [], doubled: [], wrong: [] });
        }
      }
      report.close();
      expect(kills).toBeGreaterThanOrEqual(SIZE.writers);
    },
  );
});
