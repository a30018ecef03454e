import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { MigrationAdapter } from "../../src/cross-database/migration-adapter.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";

const EVENTS = 400;
const ACTOR = { actor: "test" };

/** A closed log with tables of several pages. */
async function closedLog(): Promise<string> {
  const path = join(tempDir(), "s.db");
  const log = await SqliteLog.open(path);
  for (let n = 0; n < 4; n++) {
    const events = Array.from({ length: EVENTS / 4 }, (_, i) => ({ type: "session.updated", data: { n, i } }));
    await log.append({ stream: `session-${"long".repeat(20)}-${n}`, events }, ACTOR);
  }
  await log.close();
  return path;
}

function change(path: string, act: (db: Database.Database) => void): void {
  const db = new Database(path);
  act(db);
  db.close();
}

/**
 * Takes the last page out of a table or an index, as if it had never been there: its parent then ends with the page before.
 * File format of SQLite, 1.5: an interior page has the number of its cells at 3, its right-most child at 8, and pointers to
 * its cells from 12 on, each of which begins with its left child.
 */
function loseLastPage(path: string, name: string): void {
  const of = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
  const db = new Database(path);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const root = db.prepare(of).pluck().get(name) as number;
  const pageSize = db.pragma("page_size", { simple: true }) as number;
  db.close();
  const bytes = readFileSync(path);
  const page = bytes.subarray((root - 1) * pageSize, root * pageSize);
  const cells = page.readUInt16BE(3);
  const lastCell = page.readUInt16BE(12 + 2 * (cells - 1));
  page.copyWithin(8, lastCell, lastCell + 4);
  page.writeUInt16BE(cells - 1, 3);
  writeFileSync(path, bytes);
}

async function verified(path: string) {
  const log = await SqliteLog.open(path, { readOnly: true });
  try {
    return await verifyLog(log);
  } finally {
    await log.close();
  }
}

test("a log whose last page is lost does not verify as a shorter one", async () => {
  const path = await closedLog();
  loseLastPage(path, "events");
  const { ok, fault, tail } = await verified(path);
  expect(ok).toBe(false);
  expect(tail.offset).toBeGreaterThan(0);
  expect(tail.offset).toBeLessThan(EVENTS);
  expect(fault).toMatchObject({ code: "EVENTS_MISSING", offset: tail.offset + 1 });
});

test("a log whose last page is lost is neither migrated nor backed up as a shorter one", async () => {
  const path = await closedLog();
  loseLastPage(path, "events");
  const folder = tempDir();
  const migrator = new CrossDatabaseMigrator({ actor: "test", saveFolder: folder });
  const [target, saved] = [join(folder, "s.jsonl"), join(folder, "saved.jsonl")];
  const plan = migrator.planMigration(`sqlite:${path}`, `jsonl:${target}`);
  await expect(plan).rejects.toMatchObject({ name: "IntegrityError", code: "EVENTS_MISSING" });
  const backup = new MigrationAdapter(`sqlite:${path}`).createBackup(saved);
  await expect(backup).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  expect(readdirSync(folder)).toEqual([]);
});

test("an index that lost a page keeps nobody from migrating, which makes it anew", async () => {
  const path = await closedLog();
  loseLastPage(path, "events_id");
  const target = join(tempDir(), "s.db");
  const migrator = new CrossDatabaseMigrator({ actor: "test", saveFolder: tempDir() });
  await migrator.executeMigration(await migrator.planMigration(`sqlite:${path}`, `sqlite:${target}`));
  expect(await verified(target)).toMatchObject({ ok: true, verified: EVENTS });
});

test.each(["events_id", "events_stream_version"])("an index that lost a page is found: %s", async (index) => {
  const path = await closedLog();
  loseLastPage(path, index);
  const { fault, verified: events } = await verified(path);
  expect(fault).toMatchObject({ code: "INDEX_DAMAGED" });
  expect(events).toBe(EVENTS);
});

test.each(["events_id", "events_stream_version"])("an index that is not there is found: %s", async (index) => {
  const path = await closedLog();
  change(path, (db) => db.exec(`DROP INDEX ${index}`));
  expect((await verified(path)).fault).toMatchObject({ code: "INDEX_DAMAGED" });
});

/** More events than are counted at once. */
async function longLog(): Promise<SqliteLog> {
  const log = await SqliteLog.open(join(tempDir(), "s.db"));
  for (let n = 0; n < 3; n++) {
    const events = Array.from({ length: 9_000 }, () => ({ type: "session.updated", data: {} }));
    await log.append({ stream: "session-long", events }, ACTOR);
  }
  return log;
}

test("indexes of more entries than are counted at once fit", async () => {
  const log = await longLog();
  expect(await log.indexFault(27_000)).toBeUndefined();
  // A point in the past is compared with what stood there then.
  expect(await log.indexFault(15_000)).toBeUndefined();
  await log.close();
});

test("appends during the comparison are no fault", async () => {
  const log = await longLog();
  const asked = log.indexFault(27_000);
  for (let i = 0; i < 20; i++) {
    await log.append({ stream: `session-${i}`, events: [{ type: "session.updated", data: {} }] }, ACTOR);
  }
  expect(await asked).toBeUndefined();
  await log.close();
});
