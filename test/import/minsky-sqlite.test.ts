import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { ForeignSqlite } from "../../src/log/sql/foreign/foreign-sqlite.js";
import { readMinskySqlite } from "../../src/open-foreign.js";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { tempDir } from "../support/temp.js";

function database(sql: string, pragma = "journal_mode = DELETE"): string {
  const file = join(tempDir(), "sessions.db");
  const db = new Database(file);
  db.pragma(pragma);
  db.exec(sql);
  db.close();
  return file;
}

async function read(sql: string) {
  return readMinskySqlite(database(sql));
}

describe("every era of the table is read", () => {
  test.each(LEGACY_TABLES.map((table) => [table.era, table] as const))("%s", async (_era, { sql, style, records }) => {
    const file = database(sql);
    const bytes = readFileSync(file);
    const source = await readMinskySqlite(file);
    expect(source).toMatchObject({ layout: `table sessions, ${style}`, baseDir: undefined, remarks: [] });
    expect(source.records.map(({ record }) => record)).toEqual(records);
    expect(source.records.flatMap(({ repairs, remarks }) => [...(repairs ?? []), ...(remarks ?? [])])).toEqual([]);
    expect(readFileSync(file)).toEqual(bytes);
  });
});

describe("odd values are repaired or kept, and told", () => {
  test.each<[string, string, string, unknown, string | undefined, string | undefined]>([
    [
      "JSON inside JSON",
      "prState TEXT",
      `'"{\\"exists\\":true}"'`,
      { exists: true },
      "was JSON inside JSON",
      undefined,
    ],
    ["an empty JSON text", "prState TEXT", "''", null, "was an empty text", undefined],
    ["JSON that is cut off", "prState TEXT", `'{"exists":'`, '{"exists":', undefined, "is no JSON"],
    ["a number as text", "commit_count", "'12'", 12, "was a text", undefined],
    ["text for a number", "commitCount", "'many'", "many", undefined, "is no number"],
    ["a number for text", "task_id", "64", "64", "was no text", undefined],
    ["bytes for text", "branch", "CAST('main' AS BLOB)", "main", "was stored as bytes", undefined],
    [
      "bytes that are no text",
      "branch",
      "x'ff00'",
      '{"base64":"/wA="}',
      "was bytes that are no text, was no text",
      undefined,
    ],
    [
      "milliseconds since 1970",
      "created_at",
      "1717236000123",
      "2024-06-01T10:00:00.123Z",
      "was 1717236000123, milli",
      undefined,
    ],
    ["seconds since 1970", "createdAt", "1717236000", "2024-06-01T10:00:00.000Z", "was 1717236000, seconds", undefined],
    [
      "microseconds since 1970",
      "created_at",
      "1717236000123456",
      "2024-06-01T10:00:00.123456Z",
      "was 1717236000123456, microseconds since 1970",
      undefined,
    ],
    [
      "seconds since 1970 with a fraction",
      "created_at REAL",
      "1717236000.25",
      "2024-06-01T10:00:00.250Z",
      "was 1717236000.25, seconds since 1970",
      undefined,
    ],
    ["SQLite's own time", "created_at", "'2024-06-01 10:00:00'", "2024-06-01T10:00:00.000Z", "had no zone", undefined],
    [
      "a time without seconds",
      "created_at",
      "'2024-06-01 10:00'",
      "2024-06-01T10:00:00.000Z",
      "had no zone",
      undefined,
    ],
    ["a day that was none", "created_at", "'2025-02-30 10:00:00'", "2025-02-30 10:00:00", undefined, undefined],
    ["a month that was none", "created_at", "'2025-13-01 10:00:00'", "2025-13-01 10:00:00", undefined, undefined],
    ["a count below 0 in a text", "commitCount", "'-3'", -3, "was a text", undefined],
    ["a count beyond 2^53", "commitCount", "9007199254740993", "9007199254740993", "was a number", undefined],
    [
      "such a number in JSON",
      "prState",
      `'{"n":9007199254740993}'`,
      { n: "9007199254740993" },
      "held whole",
      undefined,
    ],
    ["such a number in a column of numbers", "big integer", "9007199254740993", "9007199254740993", "was a", undefined],
    ["text for a flag", "prApproved", "'maybe'", "maybe", undefined, "is neither true nor false"],
    ["the text null for a flag", "prApproved", "'null'", null, undefined, undefined],
    ["a number beyond 2^53", "big", "9007199254740993", "9007199254740993", "was a number", undefined],
    ["infinity", "big", "9e999", "Infinity", "was a number", undefined],
    ["the word for it", "big", "'Infinity'", "Infinity", undefined, undefined],
    ["a key that stands twice in JSON", "prState", `'{"n":1,"n":2}'`, { n: 2 }, "held keys", undefined],
    ["text that is no UTF-8", "branch", "CAST(x'61ff' AS TEXT)", "a\ufffd", undefined, "U+FFFD"],
  ])("%s", async (_what, column, value, expected, repair, remark) => {
    const [name = ""] = column.split(" ");
    const { records } = await read(
      `CREATE TABLE sessions (session, ${column}); INSERT INTO sessions VALUES ('a', ${value})`,
    );
    const [found] = records;
    const { session, ...rest } = found?.record ?? {};
    expect([session, Object.values(rest)]).toEqual(["a", [expected]]);
    expect([found?.repairs, found?.remarks]).toEqual([
      repair === undefined ? [] : [expect.stringContaining(`${name} ${repair}`)],
      remark === undefined ? [] : [expect.stringContaining(remark)],
    ]);
  });
});

test("two columns of one field that differ: the younger style is taken, and that is told", async () => {
  const { records } = await read(
    `CREATE TABLE sessions (session, repoName, repo_name); INSERT INTO sessions VALUES ('a', 'new', 'old')`,
  );
  expect(records).toEqual([
    {
      place: "sessions/a",
      record: { session: "a", repoName: "new" },
      repairs: ["repoName and repo_name differ; repoName was taken"],
      remarks: [],
    },
  ]);
});

test("rows of one id are told apart by their numbers", async () => {
  const { records } = await read(
    "CREATE TABLE sessions (session, branch); INSERT INTO sessions VALUES ('a', 'one'), ('b', 'x'), ('a', 'two')",
  );
  expect(records.map(({ place }) => place)).toEqual(["sessions/a row 1", "sessions/b", "sessions/a row 3"]);
});

test("unknown columns are kept under their own names, __proto__ too", async () => {
  const { records } = await read(
    `CREATE TABLE sessions (session, "__proto__", my_note); INSERT INTO sessions VALUES ('a', 'p', 'n')`,
  );
  expect(Object.entries(records[0]?.record ?? {})).toEqual([
    ["session", "a"],
    ["__proto__", "p"],
    ["my_note", "n"],
  ]);
});

test("many rows come in pages, each once, in the order in which they were stored", async () => {
  const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2345) SELECT 's' || i FROM n`;
  const { records } = await read(`CREATE TABLE sessions (session TEXT); INSERT INTO sessions ${rows}`);
  expect(records.map(({ record }) => record.session)).toEqual(Array.from({ length: 2345 }, (_, i) => `s${i + 1}`));
});

test("what stands only in the WAL file is read, and the database file stays as it is", async () => {
  const file = join(tempDir(), "sessions.db");
  const writer = new Database(file);
  writer.pragma("journal_mode = WAL");
  writer.exec("CREATE TABLE sessions (session TEXT)");
  writer.pragma("wal_checkpoint(TRUNCATE)");
  writer.exec("INSERT INTO sessions VALUES ('only in the wal')");
  const { mtimeMs, size } = statSync(file);
  const { records } = await readMinskySqlite(file);
  expect(records.map(({ record }) => record.session)).toEqual(["only in the wal"]);
  expect(statSync(file)).toMatchObject({ mtimeMs, size });
  writer.exec("INSERT INTO sessions VALUES ('and the writer goes on')");
  writer.close();
});

test("a program that writes meanwhile changes nothing of what is read", async () => {
  const file = database(LEGACY_TABLES[0]?.sql ?? "", "journal_mode = WAL");
  const writer = new Database(file);
  const foreign = await ForeignSqlite.open(file);
  writer.exec(
    "BEGIN IMMEDIATE; INSERT INTO sessions (session, repo_name, created_at) VALUES ('late', 'r', 't'); COMMIT",
  );
  writer.exec("BEGIN IMMEDIATE");
  const table = await foreign.table(["sessions"]);
  const pages = [];
  for await (const page of table?.pages() ?? []) pages.push(...page);
  expect(pages.map(([id]) => id)).toEqual(["task#064", "task-md#123"]);
  // Reading took away none of the writer's locks.
  expect(() => new Database(file, { timeout: 0 }).exec("BEGIN IMMEDIATE")).toThrow("locked");
  writer.exec("ROLLBACK");
  await foreign.close();
  await foreign.close();
  writer.close();
});

test("a database that its program has locked whole is an error after the limit", async () => {
  const file = database("CREATE TABLE sessions (session)");
  const holder = new Database(file);
  holder.exec("BEGIN EXCLUSIVE");
  await expect(ForeignSqlite.open(file, 50)).rejects.toMatchObject({ code: "LOG_LOCKED" });
  holder.close();
});

test("a crash of its program in mid-write is told, and nothing is mended behind its back", async () => {
  const file = database("CREATE TABLE sessions (session); INSERT INTO sessions VALUES ('whole')");
  const script = `const db = new (require("better-sqlite3"))(${JSON.stringify(file)});
    db.pragma("cache_size = 1"); db.exec("BEGIN; UPDATE sessions SET session = 'half'");
    for (let i = 0; i < 100; i++) db.prepare("INSERT INTO sessions VALUES (?)").run("x".repeat(500));
    process.kill(process.pid, "SIGKILL")`;
  const child = spawn(process.execPath, ["-e", script], { cwd: process.cwd(), stdio: "ignore" });
  await once(child, "exit");
  expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
  const before = readFileSync(file);
  const failed = readMinskySqlite(file);
  const hint = expect.stringContaining(`cp ${file} ${file}-journal FOLDER`);
  await expect(failed).rejects.toMatchObject({ code: "IMPORT_UNREADABLE", hint });
  expect(readFileSync(file)).toEqual(before);
  const folder = tempDir();
  for (const one of [file, `${file}-journal`]) copyFileSync(one, join(folder, basename(one)));
  const copy = new Database(join(folder, "sessions.db"));
  copy.exec("SELECT * FROM sqlite_schema"); // as the hint's .schema does
  copy.close();
  const { records } = await readMinskySqlite(join(folder, "sessions.db"));
  expect(records.map(({ record }) => record.session)).toEqual(["whole"]);
});

test("a table that needs functions of its own program is told as that, not as a log that fails", async () => {
  const file = join(tempDir(), "sessions.db");
  const db = new Database(file);
  db.function("own", { deterministic: true }, (value) => value);
  db.exec("CREATE TABLE sessions (session, g GENERATED ALWAYS AS (own(session))); INSERT INTO sessions VALUES ('a')");
  db.close();
  await expect(readMinskySqlite(file)).rejects.toMatchObject({
    code: "IMPORT_UNREADABLE",
    message: expect.stringContaining("own"),
    hint: expect.stringContaining("its own program"),
  });
});

describe("what is no database of Minsky is an error, never an empty list", () => {
  test.each<[string, string, string]>([
    ["no table", "CREATE TABLE other (x)", "IMPORT_LAYOUT_UNKNOWN"],
    ["a view", "CREATE VIEW sessions AS SELECT 1 AS session", "IMPORT_LAYOUT_UNKNOWN"],
    ["a table of another program", "CREATE TABLE sessions (id TEXT, title TEXT)", "IMPORT_LAYOUT_UNKNOWN"],
    [
      "logins of Rails",
      "CREATE TABLE sessions (id, session_id, data, created_at, updated_at)",
      "IMPORT_LAYOUT_UNKNOWN",
    ],
    ["logins of Flask", "CREATE TABLE sessions (id, session_id, data BLOB, expiry)", "IMPORT_LAYOUT_UNKNOWN"],
    ["things with a name", "CREATE TABLE sessions (id, name, status, created)", "IMPORT_LAYOUT_UNKNOWN"],
  ])("%s", async (_what, sql, code) => {
    await expect(read(sql)).rejects.toMatchObject({ code });
  });

  test.each<[string, string, string]>([
    ["text", "this is no database at all, but it is long enough to be one\n".repeat(30), "NOT_A_DATABASE"],
    ["JSON of something else", '{"a":1}', "NOT_A_DATABASE"],
  ])("%s", async (_what, content, code) => {
    const file = join(tempDir(), "sessions.db");
    writeFileSync(file, content);
    const hint = expect.stringContaining("encrypted");
    await expect(readMinskySqlite(file)).rejects.toMatchObject({ code, hint });
  });

  test("a file or folder that is not there, and a folder", async () => {
    for (const path of [join(tempDir(), "none.db"), join(tempDir(), "no", "such.db")])
      await expect(readMinskySqlite(path)).rejects.toMatchObject({ code: "IMPORT_NOT_FOUND" });
    await expect(readMinskySqlite(tempDir())).rejects.toMatchObject({ code: "IMPORT_UNREADABLE" });
  });

  test("a damaged file", async () => {
    const file = database(
      `CREATE TABLE sessions (session); INSERT INTO sessions WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 900) SELECT 'a session with a long name ' || i FROM n`,
    );
    const handle = openSync(file, "r+");
    writeSync(handle, Buffer.alloc(600, 0xa5), 0, 600, 4096 * 4);
    closeSync(handle);
    await expect(readMinskySqlite(file)).rejects.toMatchObject({ code: "IMPORT_UNREADABLE" });
  });
});

test.each<[string, string, number]>([
  ["the two bytes []", "[]", 0],
  ["nothing", "", 0],
  ["a list of records", '[{"session":"a"}]', 1],
])("a .db file that holds %s is read as the JSON that it is, and that is told", async (_what, content, count) => {
  const file = join(tempDir(), "sessions.db");
  writeFileSync(file, content);
  const { records, remarks } = await readMinskySqlite(file);
  expect([records.length, remarks[0]]).toEqual([count, "it is no database but JSON text"]);
});

test("a pipe, a device or a folder in the place of the database is neither waited for nor taken for an empty one", async () => {
  const pipe = join(tempDir(), "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, "/dev/zero", tempDir()]) {
    await expect(readMinskySqlite(path)).rejects.toMatchObject({
      code: "IMPORT_UNREADABLE",
      message: expect.stringContaining("no ordinary file"),
    });
  }
});
