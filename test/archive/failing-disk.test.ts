import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ACTOR, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { openLog } from "../../src/open-log.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";

/** The k-th write or sync of the log's own file, or of the one that is to take its place, fails. */
function failingAt(k: number): { readonly calls: FileCalls; readonly hasFailed: () => boolean } {
  let count = 0;
  const failing =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      if (++count === k) throw Object.assign(new Error("made to fail"), { code: "EIO", syscall: "write" });
      return call(...args);
    };
  const { write, sync, ...reads } = SYSTEM_FILE_CALLS;
  return { calls: { ...reads, write: failing(write), sync: failing(sync) }, hasFailed: () => count >= k };
}

const acts: readonly (readonly [string, (log: EventLog, file: string) => Promise<unknown>])[] = [
  ["archive", (log, file) => archiveBefore(log, "HEAD", file)],
  ["restore", (log, file) => restoreArchive(log, file)],
];

test.each(acts)(
  "jsonl: %s with a disk that fails at its k-th call is done, or nothing has happened",
  async (name, act) => {
    for (let k = 1; ; k++) {
      const folder = tempDir(IN_MEMORY);
      const [path, file] = [join(folder, "s.jsonl"), join(folder, "a.jsonl.gz")];
      const before = await openLog(`jsonl:${path}`);
      await appendCount(before, "session-a", 5);
      if (name === "restore") await archiveBefore(before, "HEAD", file);
      const lines = await linesOf(before);
      await before.close();
      const { calls, hasFailed } = failingAt(k);
      const log = await JsonlLog.open(path, { calls });
      const outcome = await act(log, file).then(
        () => "done",
        (error) => error.code,
      );
      await log.close();
      const after = await openLog(`jsonl:${path}`);
      expect(await linesOf(after), `k = ${k}`).toEqual(lines);
      const isArchived = (await after.archives?.())?.length === 1;
      expect(isArchived, `k = ${k}`).toBe((name === "archive") === (outcome === "done"));
      expect(["done", "STORAGE_IO_ERROR"]).toContain(outcome);
      expect(existsSync(`${path}.rewriting`)).toBe(false);
      expect(
        (await after.append({ stream: "session-a", expectedVersion: 5, events: [event()] }, ACTOR)).lastOffset,
      ).toBe(6);
      await after.close();
      rmSync(folder, { recursive: true });
      if (!hasFailed()) break;
      expect(k).toBeLessThan(20);
    }
  },
);
