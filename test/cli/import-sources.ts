import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "@msgpack/msgpack";
import Database from "better-sqlite3";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";

/** Something to import from: with one record that is refused or told of, where its kind has that. */
export interface ImportSource {
  /** Of the command, behind `import`. */
  readonly args: readonly string[];
  /** Half of what it holds becomes different, and something comes on top. */
  change(): Promise<void>;
}

const LEGACY = LEGACY_TABLES[0]?.sql ?? "";
const LEGACY_CHANGES = `UPDATE sessions SET branch = 'other' WHERE session = 'task#064';
  INSERT INTO sessions (session, repo_name, created_at) VALUES ('third', 'r', '2026-01-31T10:00:00Z')`;
const LATER = 4_070_908_800;

/** Every kind of source, made below a folder of its own. */
export const IMPORT_SOURCES: readonly (readonly [kind: string, make: (folder: string) => Promise<ImportSource>])[] = [
  ["minsky-json", minskyJson],
  ["minsky-sqlite", minskySqlite],
  ["minsky-postgres", (_folder) => onServer("minsky-postgres", LEGACY, LEGACY_CHANGES)],
  ["tower-sessions", towerSessions],
  ["connect-pg-simple", (_folder) => connectPgSimple()],
  ["ai-webhook", aiWebhook],
  ["ai-webhook-postgres", (_folder) => aiWebhookPostgres()],
];

async function minskyJson(folder: string): Promise<ImportSource> {
  const file = join(folder, "session-db.json");
  const write = (sessions: readonly unknown[]) => writeFileSync(file, JSON.stringify({ sessions, baseDir: "/srv" }));
  const odd = [{ session: "b" }, { nothing: 1 }, { session: "c", github: { token: "x" } }];
  write([{ session: "a" }, { session: "b", branch: "one" }, ...odd]);
  return {
    args: ["minsky-json", file],
    change: async () => write([{ session: "a" }, { session: "b", branch: "two" }, { session: "d" }, ...odd.slice(1)]),
  };
}

async function minskySqlite(folder: string): Promise<ImportSource> {
  const file = join(folder, "sessions.db");
  inDatabase(file, (db) => db.exec(LEGACY));
  return {
    args: ["minsky-sqlite", file],
    change: async () => inDatabase(file, (db) => db.exec(LEGACY_CHANGES)),
  };
}

async function towerSessions(folder: string): Promise<ImportSource> {
  const file = join(folder, "app.db");
  const put = (db: Database.Database, byte: number, user: string) => {
    const id = Buffer.alloc(16, byte);
    const data = encode([id, { user_id: user }, [2099, 1, 0, 0, 0, 0, 0, 0, 0]]);
    const sid = Buffer.from(id).reverse().toString("base64url");
    db.prepare("INSERT OR REPLACE INTO tower_sessions VALUES (?, ?, ?)").run(sid, data, LATER);
  };
  inDatabase(file, (db) => {
    db.exec("CREATE TABLE tower_sessions (id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER)");
    put(db, 7, "ada");
    put(db, 8, "bob");
    db.exec(`INSERT INTO tower_sessions VALUES ('broken', x'00', ${LATER})`);
  });
  return {
    args: ["tower-sessions", file],
    change: async () =>
      inDatabase(file, (db) => {
        put(db, 8, "eve");
        put(db, 9, "zoe");
      }),
  };
}

function connectPgSimple(): Promise<ImportSource> {
  const row = (sid: string, user: string) =>
    `INSERT INTO "session" VALUES ('${sid}', '{"cookie":{},"user_id":"${user}"}', '2099-01-01')`;
  return onServer(
    "connect-pg-simple",
    `CREATE TABLE "session" (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
      ${row("one", "ada")}; ${row("two", "bob")}; INSERT INTO "session" VALUES ('old', '{}', '2001-01-01')`,
    `DELETE FROM "session" WHERE sid = 'two'; ${row("two", "eve")}; ${row("three", "zoe")}`,
  );
}

async function aiWebhook(folder: string): Promise<ImportSource> {
  const root = join(folder, "webhook");
  const write = (id: string, value: object) => {
    mkdirSync(join(root, "sessions", id), { recursive: true });
    writeFileSync(join(root, "sessions", id, "session.json"), JSON.stringify({ session_id: id, ...value }));
  };
  write("s1", { title: "One" });
  write("s2", { title: "Two" });
  writeFileSync(join(root, "sessions", "s2", "odd.txt"), "of no kind that is read");
  return {
    args: ["ai-webhook", root],
    change: async () => {
      rmSync(join(root, "sessions", "s2"), { recursive: true });
      write("s2", { title: "Another" });
      write("s3", { title: "Three" });
    },
  };
}

function aiWebhookPostgres(): Promise<ImportSource> {
  return onServer(
    "ai-webhook-postgres",
    `CREATE TABLE sessions (id text PRIMARY KEY, title text);
      INSERT INTO sessions VALUES ('s1', 'One'), ('s2', 'Two');
      CREATE TABLE memories (session_id text, type text, key text, content jsonb);
      INSERT INTO memories VALUES ('s1', 'idea', 'k', '"text"'), ('lost', 'idea', 'k', '1')`,
    `UPDATE memories SET content = '"other"' WHERE session_id = 's1'; INSERT INTO sessions VALUES ('s3', 'Three')`,
  );
}

async function onServer(kind: string, sql: string, changes: string): Promise<ImportSource> {
  const url = await freshPostgresUrl();
  const schema = schemaOf(url);
  const admin = await openAdmin(url);
  await admin.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${sql}`);
  return { args: [kind, url], change: async () => void (await admin.query(changes)) };
}

function inDatabase(file: string, act: (db: Database.Database) => void): void {
  const db = new Database(file);
  act(db);
  db.close();
}
