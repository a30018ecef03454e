import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

/** Ways to open a log that nobody else has; opening the same URL again gives the same log. */
export const BACKENDS: ReadonlyArray<readonly [string, () => Promise<string>]> = [
  ["jsonl", async () => `jsonl:${join(tempDir(), "log.jsonl")}`],
  ["sqlite", async () => `sqlite:${join(tempDir(), "log.db")}`],
  ["postgres", freshPostgresUrl],
];

export async function opened(url: string): Promise<EventLog> {
  const log = await openLog(url);
  onTestFinished(() => log.close());
  return log;
}
