import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { assertLocalFileSystem } from "../../src/log/sql/sqlite/file/database-file.js";
import { openDatabase } from "../../src/log/sql/sqlite/file/open-database.js";
import { assertSafeVersion } from "../../src/log/sql/sqlite/file/sqlite-version.js";
import { SqliteFileExam } from "../../src/log/sql/sqlite/sqlite-exam.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { workerOutput } from "../support/worker.js";

const NOBODY = 65534;
const append = (log: SqliteLog) =>
  log.append({ stream: "session-a", events: [{ type: "t", data: 1 }] }, { actor: "user:test" });
const modeOf = (path: string) => statSync(path).mode & 0o777;

test("only the owner can read the file, what SQLite keeps beside it, and the folders made for it", async () => {
  const folder = join(tempDir(), "a", "b");
  const file = join(folder, "log.db");
  const log = await SqliteLog.open(file);
  await append(log);
  expect([folder, join(folder, "..")].map(modeOf)).toEqual([0o700, 0o700]);
  expect(["", "-wal", "-shm"].map((suffix) => modeOf(file + suffix))).toEqual([0o600, 0o600, 0o600]);
  await log.close();
});

test("every connection syncs each commit: the second one, too", async () => {
  const file = join(tempDir(), "log.db");
  for (let i = 0; i < 2; i++) {
    const db = await openDatabase(file, { url: `sqlite:${file}`, limitMs: 1000, mustExist: i === 1, readOnly: false });
    expect(db.pragma("synchronous", { simple: true })).toBe(2);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    db.close();
  }
});

test("a log that must exist is not created", async () => {
  const file = join(tempDir(), "none.db");
  await expect(SqliteLog.open(file, { mustExist: true })).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  expect(() => statSync(file)).toThrow("ENOENT");
});

test("a file that is no database is refused and not touched", async () => {
  const file = join(tempDir(), "notes.txt");
  const text = "this is a text of some length, and no database at all\n".repeat(40);
  writeFileSync(file, text);
  await expect(SqliteLog.open(file)).rejects.toMatchObject({ code: "NOT_A_DATABASE" });
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("the database of another program is refused and not touched", async () => {
  const file = join(tempDir(), "sessions.db");
  const db = new Database(file);
  db.exec("CREATE TABLE sessions (session TEXT PRIMARY KEY, repoName TEXT)");
  db.close();
  const bytes = readFileSync(file);
  const error = await SqliteLog.open(file).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "NOT_A_SESSION_LOG",
    hint: expect.stringContaining("sessiondb import minsky-sqlite"),
  });
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test("paths that cannot be a file are refused", async () => {
  const folder = tempDir();
  await expect(SqliteLog.open(":memory:")).rejects.toMatchObject({ code: "PATH_INVALID" });
  await expect(SqliteLog.open("")).rejects.toMatchObject({ code: "PATH_INVALID" });
  await expect(SqliteLog.open(folder)).rejects.toMatchObject({ code: "PATH_INVALID" });
  writeFileSync(join(folder, "file"), "");
  await expect(SqliteLog.open(join(folder, "file", "log.db"))).rejects.toMatchObject({ code: "PATH_INVALID" });
});

test("a read-only file can be read; an append says that it is read-only and writes nothing", async () => {
  const folder = tempDir();
  const file = join(folder, "log.db");
  const log = await SqliteLog.open(file);
  await append(log);
  await log.close();
  chmodSync(file, 0o444);
  chmodSync(folder, 0o777);
  const asRoot = process.getuid?.() === 0; // whom no mode stops
  const identity = asRoot ? ["1", "10", String(NOBODY)] : [];
  const [printed] = await workerOutput("sqlite-appender", [file, "session-a", ...identity]);
  expect(printed).toEqual({ acknowledged: 0, code: "STORAGE_READ_ONLY", tail: 1 });
});

test("a closed log in a folder that takes no files cannot be read there, and the hint is what to do", async () => {
  const [folder, elsewhere] = [tempDir(), tempDir()];
  const file = join(folder, "my log.db");
  const log = await SqliteLog.open(file);
  await append(log);
  await log.close();
  chmodSync(file, 0o444);
  chmodSync(folder, 0o555);
  chmodSync(elsewhere, 0o777);
  const isRoot = process.geteuid?.() === 0; // whom no mode stops
  if (isRoot) process.seteuid?.(NOBODY);
  cleanUp(() => {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  });
  const refused = { code: "STORAGE_READ_ONLY", hint: expect.stringContaining(`cp '${file}'* FOLDER`) };
  for (const options of [{}, { readOnly: true }, { mustExist: true }]) {
    await expect(SqliteLog.open(file, options)).rejects.toMatchObject(refused);
  }
  expect(await new SqliteFileExam(file).facts().catch((error: unknown) => error)).toMatchObject(refused);
  execFileSync("sh", ["-c", `cp '${file}'* '${elsewhere}'`]);
  const copy = await SqliteLog.open(join(elsewhere, "my log.db"), { readOnly: true });
  expect((await copy.tail()).offset).toBe(1);
  await copy.close();
});

test("a SQLite that can lose committed data is refused", () => {
  for (const version of ["3.53.2", "3.51.3", "3.50.7", "3.44.6", "4.0.0"])
    expect(() => assertSafeVersion(version)).not.toThrow();
  for (const version of ["3.51.2", "3.50.6", "3.44.5", "3.9.9"]) {
    expect(() => assertSafeVersion(version)).toThrow(expect.objectContaining({ code: "SQLITE_UNSAFE" }));
  }
});

test("a file on a network file system is refused", () => {
  expect(() => assertLocalFileSystem("/share", () => 0x6969)).toThrow(
    expect.objectContaining({ code: "NETWORK_FILE_SYSTEM" }),
  );
  expect(() => assertLocalFileSystem("/home", () => 0xef53)).not.toThrow();
});
