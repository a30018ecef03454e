import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { schemaMigrationNames } from "../migrations/list.js";
import { CollaborativeSessions } from "../src/collab/collaborative-sessions.js";
import { ensureSchema, type SchemaStore } from "../src/log/sql/schema/ensure-schema.js";
import { SqliteLog } from "../src/log/sql/sqlite/sqlite-log.js";
import { SqliteSchema } from "../src/log/sql/sqlite/sqlite-schema.js";
import { tempDir } from "./support/temp.js";

function rawOn(file: string): Database.Database {
  const db = new Database(file, { timeout: 0 });
  onTestFinished(() => {
    db.close();
  });
  return db;
}

const schemaOf = (db: Database.Database) => db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
const NAMES = schemaMigrationNames("sqlite");
const store = (db: Database.Database) => new SqliteSchema(db, "sqlite:test", 10_000);

test("an empty database gets all tables, and running it again changes nothing", async () => {
  const db = rawOn(join(tempDir(), "log.db"));
  await ensureSchema(store(db));
  expect(db.prepare("SELECT name FROM schema_migrations").pluck().all()).toEqual(NAMES);
  const before = [schemaOf(db), db.prepare("SELECT * FROM schema_migrations").all()];
  await ensureSchema(store(db));
  expect([schemaOf(db), db.prepare("SELECT * FROM schema_migrations").all()]).toEqual(before);
});

test("where there is nothing to do, the schema lock is not taken", async () => {
  const idle: SchemaStore = {
    dialect: "sqlite",
    url: "sqlite:test",
    readNames: async () => NAMES,
    foreignTables: async () => [],
    exclusively: async () => expect.unreachable(),
  };
  await ensureSchema(idle);
});

test("many connections that start at once on an empty database do the work once", async () => {
  const file = join(tempDir(), "log.db");
  const logs = await Promise.all(Array.from({ length: 8 }, () => SqliteLog.open(file)));
  await Promise.all(logs.map((log) => log.close()));
  expect(rawOn(file).prepare("SELECT count(*) FROM schema_migrations").pluck().get()).toBe(NAMES.length);
});

test("a schema migration that fails half-way leaves nothing behind", async () => {
  const db = rawOn(join(tempDir(), "log.db"));
  const failing = store(db);
  const run = failing.exclusively((kysely) =>
    ensureSchema({ ...callbacksOf(failing), exclusively: (change) => change(kysely) }).then(fail),
  );
  await expect(run).rejects.toThrow("killed before COMMIT");
  expect(schemaOf(db)).toEqual([]);
  await ensureSchema(store(db));
  expect(db.prepare("SELECT name FROM schema_migrations").pluck().all()).toEqual(NAMES);
});

test("views whose tables a redaction has thrown away keep nobody from the next schema migration", async () => {
  const file = join(tempDir(), "log.db");
  const log = await SqliteLog.open(file);
  const { sessions, tasks } = new CollaborativeSessions(log);
  await sessions.create("s");
  await sessions.list();
  await tasks.list();
  const db = rawOn(file);
  db.exec("CREATE VIEW mine AS SELECT id FROM tasks");
  await log.redact({ offsets: [1] }, { actor: "user:t" });
  await log.close();
  expect(() => db.prepare("SELECT * FROM mine").all()).toThrow("no such table");
  db.exec(`DELETE FROM schema_migrations WHERE name >= '0004'; 
    DROP TABLE archives; DROP TABLE archived_streams; DROP TABLE archived_ids`);
  await ensureSchema(store(db));
  expect(db.prepare("SELECT name FROM schema_migrations").pluck().all()).toEqual(NAMES);
});

test("a database of a newer program is refused and not touched", async () => {
  const file = join(tempDir(), "log.db");
  await (await SqliteLog.open(file)).close();
  const db = rawOn(file);
  db.exec("INSERT INTO schema_migrations VALUES ('9999-from-the-future', '2030-01-01T00:00:00.000Z')");
  const before = schemaOf(db);
  await expect(SqliteLog.open(file)).rejects.toMatchObject({ code: "SCHEMA_NEWER" });
  expect(schemaOf(db)).toEqual(before);
});

test("tables of other migration tools with the same name are not mistaken for ours", async () => {
  for (const sql of ["CREATE TABLE schema_migrations (version TEXT)", "CREATE TABLE schema_migrations (name TEXT)"]) {
    const db = rawOn(join(tempDir(), "log.db"));
    db.exec(`${sql}; INSERT INTO schema_migrations VALUES ('20260131_users')`);
    await expect(ensureSchema(store(db))).rejects.toMatchObject({ code: "NOT_A_SESSION_LOG" });
  }
});

function callbacksOf(schema: SqliteSchema): Omit<SchemaStore, "exclusively"> {
  const { dialect, url } = schema;
  return { dialect, url, readNames: () => schema.readNames(), foreignTables: () => schema.foreignTables() };
}

function fail(): never {
  throw new Error("killed before COMMIT");
}
