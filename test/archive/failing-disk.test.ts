import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ACTOR, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { openLog } from "../../src/open-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { spawnWorker } from "../support/worker.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

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

test("postgres: where the disk takes no more of the file, nothing is archived and no file is left; with room it is done", {
  timeout: 120_000,
}, async () => {
  const [url, folder] = [await freshPostgresUrl(), tempDir()];
  const log = await openLog(url, { archives: [folder] });
  onTestFinished(() => log.close());
  const noise = () => event("t", { noise: randomBytes(20_000).toString("hex") });
  for (let i = 0; i < 5; i++) await log.append({ stream: "session-a", events: [noise()] }, ACTOR);
  const lines = await linesOf(log);
  const worker = spawnWorker("archiver", [url, folder, "1"], { fileBlocks: 64 });
  expect((await worker.exit).stderr).toContain("OUTPUT_UNWRITABLE");
  expect(await log.archives?.()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  expect((await linesOf(log)).slice(0, 5)).toEqual(lines);
  await archiveBefore(log, 6, join(folder, "a.jsonl.gz"));
  expect((await linesOf(log)).slice(0, 5)).toEqual(lines);
});

test.each(ARCHIVABLE)(
  "%s: a file that is damaged is not put back, and not read as something else; a copy of it is",
  async (kind) => {
    const folder = tempDir();
    const [file, copy] = [join(folder, "a.jsonl.gz"), join(tempDir(), "a.jsonl.gz")];
    const url = await addressIn(kind, folder);
    const log = await openLog(url);
    for (let i = 0; i < 4; i++) await log.append({ stream: `s${i % 2}`, events: [event("t", { i })] }, ACTOR);
    const lines = await linesOf(log);
    await archiveBefore(log, "HEAD", file);
    await log.close();
    copyFileSync(file, copy);
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length * 0.6);
    bytes[at] = (bytes[at] as number) ^ 0x41;
    writeFileSync(file, bytes);
    const damaged = await openLog(url);
    await expect(restoreArchive(damaged, file)).rejects.toMatchObject({ code: "ARCHIVE_DAMAGED" });
    const read = await linesOf(damaged).catch((error) => error.code);
    expect(read === "ARCHIVE_DAMAGED" || read.join() === lines.join(), String(read)).toBe(true);
    expect((await damaged.append({ stream: "s0", expectedVersion: 2, events: [event()] }, ACTOR)).lastOffset).toBe(5);
    await damaged.close();
    const mended = await openLog(url, { archives: [copy] });
    onTestFinished(() => mended.close());
    rmSync(file);
    expect((await linesOf(mended)).slice(0, 4)).toEqual(lines);
    await restoreArchive(mended, copy);
    expect((await linesOf(mended)).slice(0, 4)).toEqual(lines);
  },
);
