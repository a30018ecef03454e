import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, event } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { recomputeHash, type SealedEvent } from "../../src/log/event.js";
import { GENESIS_HASH } from "../../src/log/hash-chain.js";
import { tempDir } from "../support/temp.js";
import { addSessions, everyByte, freshStore, PAIRS, withLog } from "./stores.js";

const migrator = new CrossDatabaseMigrator({ actor: "user:test" });

function pathOf(url: string): string {
  return url.slice(url.indexOf(":") + 1);
}

describe("a plan writes nothing at all, on neither side", () => {
  test.each(PAIRS)("%s → %s, which is not there yet", async (from, to) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 3);
    const before = [await everyByte(source), await everyByte(target)];
    const plan = await migrator.planMigration(source, target);
    expect(plan).toMatchObject({ relation: { kind: "empty" }, from: 1, to: 6, events: 6, sessions: 3, obstacles: [] });
    expect(plan.target).toMatchObject({ exists: false, tail: { offset: 0 } });
    expect([await everyByte(source), await everyByte(target)]).toEqual(before);
    if (to !== "postgres") expect(existsSync(pathOf(target))).toBe(false);
  });

  test.each(PAIRS)("%s → %s, which has the beginning", async (from, to) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 2);
    await migrator.executeMigration(await migrator.planMigration(source, target));
    await addSessions(source, 1, "more");
    const before = [await everyByte(source), await everyByte(target)];
    const plan = await migrator.planMigration(source, target);
    expect(plan).toMatchObject({
      relation: { kind: "prefix", common: 4 },
      from: 5,
      to: 6,
      rollbackPoint: { offset: 4 },
    });
    expect([await everyByte(source), await everyByte(target)]).toEqual(before);
  });

  test("of a SQLite log whose last writer was killed, nothing is written back", async () => {
    const source = await freshStore("sqlite");
    await addSessions(source, 1);
    const insert = `import D from "better-sqlite3"; const db = new D(${JSON.stringify(pathOf(source))}); db.pragma("journal_mode=WAL");
      db.exec("INSERT INTO sidecar VALUES ('mark', 'x')"); process.kill(process.pid, "SIGKILL")`;
    expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", insert])).toThrow();
    const before = await everyByte(source);
    expect(existsSync(`${pathOf(source)}-wal`)).toBe(true);
    expect(await migrator.planMigration(source, await freshStore("jsonl"))).toMatchObject({ events: 2 });
    expect(await everyByte(source)).toEqual(before);
  });

  test("a torn tail of the source stays where it is, also when the plan is executed", async () => {
    const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
    await addSessions(source, 1);
    appendFileSync(pathOf(source), '{"v":1,"offset":3,"com');
    const before = await everyByte(source);
    const plan = await migrator.planMigration(source, target);
    expect(await migrator.executeMigration(plan)).toMatchObject({ events: 2 });
    expect(await everyByte(source)).toEqual(before);
  });
});

test("a log that is read only refuses every change and is closed like others", async () => {
  const url = await freshStore("jsonl");
  await addSessions(url, 1);
  await withLog(
    url,
    async (log) => {
      const refused = { code: "STORAGE_READ_ONLY" };
      await expect(log.append({ stream: "session-a", events: [event()] }, ACTOR)).rejects.toMatchObject(refused);
      await expect(log.appendSealed([])).rejects.toMatchObject(refused);
      await expect(log.truncateAfter(0, await log.tail())).rejects.toMatchObject(refused);
      await expect(log.sidecar.write("a", "b")).rejects.toMatchObject(refused);
      await expect(log.sidecar.remove("a")).rejects.toMatchObject(refused);
    },
    { readOnly: true },
  );
});

test.each(["jsonl", "sqlite", "postgres"] as const)("%s: reading a log that is not there makes none", async (kind) => {
  const url = await freshStore(kind);
  await expect(withLog(url, async () => 0, { readOnly: true })).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  await expect(migrator.planMigration(url, await freshStore("sqlite"))).rejects.toMatchObject({
    code: "LOG_NOT_FOUND",
  });
  if (kind !== "postgres") expect(existsSync(pathOf(url))).toBe(false);
});

describe("a source of an older program is read as it is, and not brought up to date", () => {
  const OLDER = `DELETE FROM schema_migrations WHERE name <> '0001-log'`;

  test("sqlite", async () => {
    const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
    await addSessions(source, 2);
    const db = new Database(pathOf(source));
    const tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('events', 'sidecar')";
    const newer = db.prepare(`${tables} AND name NOT LIKE 'schema%'`).pluck().all() as string[];
    for (const name of newer) db.exec(`DROP TABLE "${name}"`);
    db.exec(`DROP TRIGGER events_no_delete; CREATE TRIGGER events_no_delete BEFORE DELETE ON events
      BEGIN SELECT RAISE(ABORT, 'events are append-only'); END; ${OLDER}`);
    db.close();
    const before = await everyByte(source);
    expect(await migrator.executeMigration(await migrator.planMigration(source, target))).toMatchObject({ events: 4 });
    expect(await everyByte(source)).toEqual(before);
  });

  test("postgres", async () => {
    const [source, target] = [await freshStore("postgres"), await freshStore("jsonl")];
    await addSessions(source, 2);
    const schema = new URL(source).searchParams.get("schema") ?? "";
    const client = new pg.Client({ connectionString: source });
    await client.connect();
    onTestFinished(() => client.end());
    const { rows } = await client.query("SELECT tablename AS t FROM pg_tables WHERE schemaname = $1", [schema]);
    for (const { t } of rows)
      if (!/^(events|sidecar|log_head|schema_)/.test(t)) await client.query(`DROP TABLE "${schema}"."${t}" CASCADE`);
    await client.query(`SET search_path = "${schema}"; ${OLDER}`);
    const before = await everyByte(source);
    expect(await migrator.executeMigration(await migrator.planMigration(source, target))).toMatchObject({ events: 4 });
    expect(await everyByte(source)).toEqual(before);
  });
});

test("of two logs that parted, the plan shows both events and the sessions changed on both sides", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 2);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  await addSessions(source, 2, "both");
  await addSessions(target, 1, "both");
  const plan = await migrator.planMigration(source, target);
  expect(plan).toMatchObject({
    relation: { kind: "diverged", common: 4 },
    obstacles: [{ code: "LOGS_DIVERGED" }],
    divergence: {
      lastCommonOffset: 4,
      source: { offset: 5, stream: "session-both-1", type: "session.created" },
      target: { offset: 5, stream: "session-both-1", actor: "user:test" },
      sourceEvents: 4,
      targetEvents: 2,
      conflicts: [{ stream: "session-both-1", sourceEvents: 2, targetEvents: 2 }],
    },
  });
  const before = await everyByte(target);
  await expect(migrator.executeMigration(plan)).rejects.toMatchObject({ code: "LOGS_DIVERGED", lastCommonOffset: 4 });
  expect(await everyByte(target)).toEqual(before);
  expect(await migrator.validateCompatibility(source, target)).toMatchObject({
    compatible: false,
    relation: "diverged",
  });
});

test("a target that is ahead is refused, with the command for the other direction", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  await addSessions(target, 1, "more");
  const plan = await migrator.planMigration(source, target);
  expect(plan.obstacles).toMatchObject([{ code: "LOGS_DIVERGED", hint: expect.stringContaining("--from sqlite:") }]);
});

/** Writes a row as another program would: chained rightly, but not as an append of ours would have it. */
function foreignRow(url: string, fields: Partial<SealedEvent>): void {
  const db = new Database(pathOf(url));
  const bare = {
    ...{ offset: 1, commit: 1, version: 1, recordedAt: "2026-01-31T10:00:00.000Z", stream: "session-a", type: "t" },
    ...{ id: "0190a000-0000-7000-8000-000000000001", actor: "a", metaText: "{}", dataText: "{}", dataHash: null },
    ...{ salt: "0".repeat(32), hash: "" },
    ...fields,
  };
  const hash = recomputeHash(GENESIS_HASH, bare);
  const { offset, commit, version, recordedAt, id, stream, type, actor, metaText, dataText, salt } = bare;
  db.prepare("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,NULL,?)").run(
    ...[offset, commit, version, recordedAt, id, stream, type, actor, metaText, dataText, salt, hash],
  );
  db.close();
}

describe("a value that a backend would refuse or change is found before the target is touched", () => {
  test.each<[string, Partial<SealedEvent>]>([
    ["a raw line break between tokens", { dataText: '{"a":\n1}' }],
    ["keys out of order", { dataText: '{"b":1,"a":2}' }],
    ["a number that JSON reads otherwise", { dataText: "1e400" }],
    ["text that is no JSON", { dataText: "1}", stream: "other-a" }],
    ["a NUL in the name of a stream", { stream: "session-\0" }],
    ["a stream that no index takes", { stream: `session-${"x".repeat(3000)}` }],
    ["half of a surrogate pair, escaped", { dataText: '"\\ud800"' }],
    ["meta that is not canonical", { metaText: '{"b":1, "a":2}' }],
  ])("%s", async (_what, fields) => {
    const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
    await withLog(source, async () => 0);
    foreignRow(source, fields);
    const plan = await migrator.planMigration(source, target);
    expect(plan.unstorable).toMatchObject([{ offset: 1 }]);
    await expect(migrator.executeMigration(plan)).rejects.toMatchObject({ code: "VALUE_UNSTORABLE" });
    expect(existsSync(pathOf(target))).toBe(false);
  });
});

test("a flipped bit in the source gives no plan, and names the event", async () => {
  const source = await freshStore("sqlite");
  await addSessions(source, 3);
  const db = new Database(pathOf(source));
  db.exec("DROP TRIGGER events_no_update; UPDATE events SET data = replace(data, 'b2', 'b3') WHERE offset = 4");
  db.close();
  const target = await freshStore("jsonl");
  await expect(migrator.planMigration(source, target)).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset: 4 });
  expect(existsSync(pathOf(target))).toBe(false);
});

test("copying nothing is a plan too: both empty, both equal", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await withLog(source, async () => 0);
  expect(await migrator.planMigration(source, target)).toMatchObject({ events: 0, relation: { kind: "equal" } });
  await addSessions(source, 1);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  expect(await migrator.planMigration(source, target)).toMatchObject({ events: 0, relation: { kind: "equal" } });
  expect(readFileSync(pathOf(target), "utf8").split("\n")).toHaveLength(3);
});

test("web sessions: that their keys stay where they are is told, where such sessions are copied", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await withLog(source, (log) => log.append({ stream: "web-1f", events: [event("web.saved")] }, ACTOR));
  const migrator = new CrossDatabaseMigrator({ actor: "user:test", saveFolder: tempDir() });
  const plan = await migrator.planMigration(source, target);
  expect(plan.risks).toEqual([expect.stringContaining("keys of web sessions")]);
  await migrator.executeMigration(plan);
  await addSessions(source, 1);
  expect((await migrator.planMigration(source, target)).risks).not.toContainEqual(expect.stringContaining("keys"));
});
