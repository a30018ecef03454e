import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { allEvents, appendCount, eventually } from "../../src/conformance/target.js";
import { SqliteFileExam } from "../../src/log/sql/sqlite/sqlite-exam.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { tempDir } from "../support/temp.js";

const REPLACED = { code: "LOG_REPLACED", hint: expect.any(String) };
const LINKED = { code: "LOG_LINKED", hint: expect.any(String) };

async function newLog() {
  const file = join(tempDir(), "log.db");
  const log = await SqliteLog.open(file, { pollMs: 5 });
  await appendCount(log, "session-a", 1);
  return { file, log };
}

const CHANGES: Record<string, (file: string) => void> = {
  removed: (file) => rmSync(file),
  renamed: (file) => renameSync(file, `${file}.1`),
  "replaced by a copy": (file) => {
    copyFileSync(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
  },
};

test.each(Object.entries(CHANGES))(
  "a file that is %s while it is open confirms no append, and is not read",
  async (_, change) => {
    const { file, log } = await newLog();
    change(file);
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(REPLACED);
    await expect(allEvents(log)).rejects.toMatchObject(REPLACED);
    await expect(log.tail()).rejects.toMatchObject(REPLACED);
    await expect(log.sidecar.write("a", "x")).rejects.toMatchObject(REPLACED);
    await log.close();
  },
);

test.each(Object.entries({ ...CHANGES, "without its -wal file": (file: string) => rmSync(`${file}-wal`) }))(
  "a file that is %s in a folder that had been quiet confirms no append",
  async (_, change) => {
    const { file, log } = await newLog();
    await eventually("a quiet folder", () => Date.now() - statSync(dirname(file)).ctimeMs > 200);
    await appendCount(log, "session-a", 2); // the second one looks at the folder only
    await appendCount(log, "session-a", 1);
    change(file);
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(REPLACED);
    await log.close();
  },
);

test.each(["-wal", "-shm"])(
  "without its %s file no append is confirmed, and nothing of one is kept",
  async (suffix) => {
    const { file, log } = await newLog();
    rmSync(file + suffix);
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(REPLACED);
    expect((await log.tail()).offset).toBe(1);
    await log.close();
  },
);

test("who listens is told to look where the file has been replaced", async () => {
  const { file, log } = await newLog();
  let rings = 0;
  log.onAppended(() => rings++);
  renameSync(file, `${file}.1`);
  await eventually("a ring", () => rings > 0);
  await log.close();
});

test("a file with two names is neither read nor written to, until one of them is gone", async () => {
  const { file, log } = await newLog();
  const other = `${file}.other`;
  linkSync(file, other);
  await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(LINKED);
  for (const name of [file, other]) {
    await expect(SqliteLog.open(name)).rejects.toMatchObject(LINKED);
    await expect(SqliteLog.open(name, { readOnly: true, mustExist: true })).rejects.toMatchObject(LINKED);
    await expect(new SqliteFileExam(name).facts()).rejects.toMatchObject(LINKED);
  }
  expect(existsSync(`${other}-wal`)).toBe(false);
  rmSync(other);
  await appendCount(log, "session-a", 1);
  expect((await log.tail()).offset).toBe(2);
  await log.close();
});

test("a symbolic link is the same file by another name", async () => {
  const { file, log } = await newLog();
  const link = join(tempDir(), "link.db");
  symlinkSync(file, link);
  const other = await SqliteLog.open(link);
  await appendCount(other, "session-a", 1);
  expect((await log.tail()).offset).toBe(2);
  for (const each of [log, other]) await each.close();
});

test("links that lead nowhere are not taken for a log that is not there", async () => {
  const ring = join(tempDir(), "ring.db");
  symlinkSync(ring, ring);
  const INVALID = { code: "PATH_INVALID", hint: expect.any(String) };
  await expect(SqliteLog.open(ring, { mustExist: true, readOnly: true })).rejects.toMatchObject(INVALID);
  await expect(new SqliteFileExam(ring).facts()).rejects.toMatchObject(INVALID);
});
