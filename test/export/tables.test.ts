import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { writeAtomically } from "../../src/export/atomic-file.js";
import { csvText } from "../../src/export/csv.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { saveEvents } from "../../src/migrate/save-events.js";
import { type ExportFormat, exportSessions } from "../../src/session/export-sessions.js";
import { SessionStore } from "../../src/session/session-store.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { nastyFields, record, withFields } from "../session/records.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

const NASTY = [
  record("task#064", {
    branch: `o'brien "x"; DROP TABLE sessions; --`,
    taskId: "=cmd|' /C calc'!A0",
    repoPath: "C:\\temp\\",
    lastCommitMessage: "two\r\nlines\n.quit\n\\q :'x' $1 ?",
    commitCount: -3,
    prApproved: false,
    prState: { exists: true, odd: "\u0000" },
    agentId: "nul \u0000 in text",
    createdAt: 1717236000 as unknown as string,
    unknown: [1, null, "𝄞\u2028"],
  }),
  record("__proto__", { prApproved: null, commitCount: "many" as unknown as number, branch: "" }),
];

async function storeOf(records: ReturnType<typeof record>[]): Promise<SessionStore> {
  const store = new SessionStore(new MemoryLog(), { actor: "ada" });
  for (const one of records) await store.create(one, { reason: "it's so" });
  return store;
}

test("a pipe or a device is not replaced by a file, whoever asks for it", async () => {
  const pipe = join(tempDir(), "pipe");
  execFileSync("mkfifo", [pipe]);
  const { log } = await storeOf(NASTY);
  const writes = [
    () => writeAtomically(pipe, ["text"], { replace: true }),
    () => saveEvents(log, { from: 1, to: 2 }, pipe, { overwrite: true }),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
  expect(statSync(pipe).isFIFO()).toBe(true);
});

async function exported(format: ExportFormat, store?: SessionStore): Promise<string> {
  const { file } = await exportSessions(store ?? (await storeOf(NASTY)), format, join(tempDir(), "out"));
  return readFileSync(file, "utf8");
}

/** RFC 4180, strictly. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, at] = [[] as string[], 0];
  while (at < text.length) {
    const [cell, raw] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(text.slice(at)) ?? [""];
    row.push(raw?.replaceAll('""', '"') ?? cell);
    at += cell.length;
    const end = text.startsWith("\r\n", at);
    if (end) rows.push(row);
    if (end) row = [];
    else expect(text[at]).toBe(",");
    at += end ? 2 : 1;
  }
  expect(row).toEqual([]);
  return rows;
}

function cellsOf(text: string): Record<string, string>[] {
  const [names = [], ...rows] = parseCsv(text);
  return rows.map((row) => {
    expect(row).toHaveLength(names.length);
    return Object.fromEntries(names.map((name, i) => [name, row[i] as string]));
  });
}

describe("CSV", () => {
  test("one line a session, the record whole, nothing that a spreadsheet would run", async () => {
    const [first, second] = cellsOf(await exported({ kind: "csv" }));
    expect(first).toMatchObject({
      session: "task#064",
      branch: `o'brien "x"; DROP TABLE sessions; --`,
      task_id: "'=cmd|' /C calc'!A0",
      created_at: "",
      commit_count: "-3",
      pr_approved: "false",
      pr_state: '{"exists":true,"odd":"\\u0000"}',
      log_version: "1",
      log_offset: "1",
      log_actor: "ada",
    });
    expect(JSON.parse(first?.record ?? "")).toEqual(NASTY[0]);
    expect(second).toMatchObject({ session: "__proto__", pr_approved: "", commit_count: "", branch: "" });
  });

  test.each(["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\t"])(
    "%j is made harmless",
    async (text) => {
      const store = await storeOf([record("a", { branch: text })]);
      expect(cellsOf(await exported({ kind: "csv" }, store))[0]?.branch).toBe(`'${text}`);
      expect(cellsOf(await exported({ kind: "csv", rawCells: true }, store))[0]?.branch).toBe(text);
    },
  );

  test("an empty text is quoted, a missing one is empty", async () => {
    const { documents } = await (await storeOf([record("a", { branch: "", status: null })])).list();
    const [, line] = [...csvText(documents)];
    const [names = []] = parseCsv([...csvText([])].join(""));
    expect(line?.split(",")[names.indexOf("branch")]).toBe('""');
    expect(line?.split(",")[names.indexOf("status")]).toBe("");
  });

  test("law: whatever the records hold, each comes back whole from its line", async () => {
    await fc.assert(
      fc.asyncProperty(nastyFields, async (fields) => {
        const { documents } = await (await storeOf([withFields("a", fields)])).list();
        const [cells] = cellsOf([...csvText(documents)].join(""));
        expect(JSON.parse(cells?.record ?? "")).toEqual(documents[0]?.record);
      }),
    );
  });
});

const ROWS = [
  ["task#064", `o'brien "x"; DROP TABLE sessions; --`, "C:\\temp\\", "two\r\nlines\n.quit\n\\q :'x' $1 ?", "-3"],
  ["__proto__", "", null, null, null],
];
const ASKED = "SELECT session, branch, repo_path, last_commit_message, commit_count FROM sessions ORDER BY log_offset";

describe("SQL", () => {
  test("loads into SQLite, every value as it is", async () => {
    const db = new Database(":memory:");
    const script = await exported({ kind: "sql", dialect: "sqlite" });
    db.exec(script);
    const rows = db.prepare(ASKED).raw().all() as unknown[][];
    expect(rows.map((row) => row.map((value) => (typeof value === "number" ? String(value) : value)))).toEqual(ROWS);
    expect(db.prepare("SELECT pr_approved, agent_id, created_at FROM sessions").raw().get()).toEqual([
      0,
      "nul \u0000 in text",
      null,
    ]);
    const records = db.prepare("SELECT record FROM sessions ORDER BY log_offset").pluck().all() as string[];
    expect(records.map((text) => JSON.parse(text))).toEqual(NASTY);
    expect(db.prepare("SELECT log_offset, stream, type, actor, reason FROM session_events").raw().all()).toEqual([
      [1, "session-task#064", "session.created", "ada", "it's so"],
      [2, "session-__proto__", "session.created", "ada", "it's so"],
    ]);
    // A second time it fails whole: no row is doubled.
    expect(() => db.exec(script)).toThrow("already exists");
    db.exec("ROLLBACK");
    expect(db.prepare("SELECT count(*) FROM sessions").pluck().get()).toBe(2);
    db.close();
  });

  test("SQLite's own shell reads it, too, with line ends as they are", async () => {
    const script = await exported({ kind: "sql", dialect: "sqlite" });
    expect(script.split(/\r/)).toHaveLength(1);
  });

  test.each(["on", "off"])("loads into Postgres, also where standard_conforming_strings is %s", async (conforming) => {
    const url = await freshPostgresUrl();
    const schema = schemaOf(url);
    const admin = await openAdmin(url);
    await admin.query(
      `CREATE SCHEMA ${schema}; SET search_path TO ${schema}; SET standard_conforming_strings = ${conforming}`,
    );
    await admin.query(await exported({ kind: "sql", dialect: "postgres" }));
    expect((await admin.query({ text: ASKED, rowMode: "array" })).rows).toEqual(ROWS);
    const { rows } = await admin.query("SELECT pr_approved, agent_id, record FROM sessions ORDER BY log_offset");
    expect(rows[0]).toMatchObject({ pr_approved: false, agent_id: "nul \ufffd in text" });
    expect(rows.map(({ record: text }) => JSON.parse(text))).toEqual(NASTY);
    expect((await admin.query("SELECT * FROM session_events")).rowCount).toBe(2);
  });

  test("law: whatever the records hold, SQLite gives each back whole", async () => {
    await fc.assert(
      fc.asyncProperty(nastyFields, async (fields) => {
        const store = await storeOf([withFields("a", fields)]);
        const { documents } = await store.list();
        const db = new Database(":memory:");
        db.exec(await exported({ kind: "sql", dialect: "sqlite" }, store));
        expect(JSON.parse(db.prepare("SELECT record FROM sessions").pluck().get() as string)).toEqual(
          documents[0]?.record,
        );
        db.close();
      }),
      { numRuns: 50 },
    );
  });

  test("only what had happened then", async () => {
    const store = await storeOf(NASTY);
    const { file } = await exportSessions(store, { kind: "sql", dialect: "sqlite" }, join(tempDir(), "out"), {
      asOf: 1,
    });
    const db = new Database(":memory:");
    db.exec(readFileSync(file, "utf8"));
    const counts = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM session_events)";
    expect(db.prepare(counts).raw().get()).toEqual([1, 1]);
    db.close();
  });
});
