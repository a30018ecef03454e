import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { countingEntropy, ManualClock } from "../../src/conformance/target.js";
import type { SealedEvent } from "../../src/log/event.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import type { JsonlLogOptions } from "../../src/log/jsonl/jsonl-options.js";
import type { LogNotice } from "../../src/log/jsonl/log-notice.js";

const folders: string[] = [];
const logs: JsonlLog[] = [];

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A path for a log in a folder of its own. Both are removed when the test ends. */
export function freshPath(base = tmpdir()): string {
  const folder = mkdtempSync(join(base, "sessiondb-jsonl-"));
  folders.push(folder);
  return join(folder, "s.jsonl");
}

/** Opens a log that is closed when the test ends. */
export async function open(path: string, options: JsonlLogOptions = {}): Promise<JsonlLog> {
  const log = await JsonlLog.open(path, { now: new ManualClock().now, ...options });
  logs.push(log);
  return log;
}

/** As open, with everything that it reports. */
export async function openNoticed(
  path: string,
  options: JsonlLogOptions = {},
): Promise<{ log: JsonlLog; notices: LogNotice[] }> {
  const notices: LogNotice[] = [];
  const log = await open(path, { ...options, onNotice: (notice) => notices.push(notice) });
  return { log, notices };
}

export function fixedEntropy(start = 0) {
  return countingEntropy(start);
}

export function offsetsOf(events: readonly SealedEvent[]): number[] {
  return events.map(({ offset }) => offset);
}
