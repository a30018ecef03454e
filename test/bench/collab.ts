import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { CLAIMS, claims, WORKERS } from "./claims.js";
import { chunkTexts, p95, writeChunks } from "./collab-texts.js";
import type { Bench, Comparison } from "./measure.js";
import { PgBossQueue } from "./pg-boss-queue.js";

/** Claims of a queue, and searches in 100,000 chunks. */
export async function collabBench(folder: string, postgresUrl: string): Promise<Bench> {
  const url = `${postgresUrl}${postgresUrl.includes("?") ? "&" : "?"}schema=bench_collab`;
  const address = `sqlite:${join(folder, "collab.db")}`;
  const raw = await RawPostgresQueue.open(postgresUrl);
  const rawSqlite = rawTexts(join(folder, "raw.db"));
  const workers = { sqlite: await opened(address), postgres: await opened(url) };
  for (const [log] of [workers.sqlite, workers.postgres]) await writeChunks(log as EventLog);
  await raw.fillTexts();
  const boss = await PgBossQueue.open(postgresUrl);
  const close = async () => {
    await boss?.close();
    rawSqlite.close();
    await raw.close();
    for (const log of [...workers.sqlite, ...workers.postgres]) await log.close();
  };
  const skipLocked = { peer: "raw pg, UPDATE … FOR UPDATE SKIP LOCKED", claimAll: () => raw.claimAll() };
  const returning = { peer: "raw UPDATE … RETURNING, one process", claimAll: async () => rawClaims(rawSqlite) };
  const comparisons = [
    claims("Postgres", workers.postgres.slice(0, 1), skipLocked, 0.5),
    claims("Postgres", workers.postgres, skipLocked),
    // Its workers, too, share one process and one pool.
    ...(boss === undefined ? [] : [claims("Postgres beside pg-boss", workers.postgres.slice(0, 1), boss, 2)]),
    ...(boss === undefined ? [] : [claims("Postgres beside pg-boss", workers.postgres, boss)]),
    claims("SQLite", workers.sqlite.slice(0, 1), returning),
    claims("SQLite", workers.sqlite, returning),
    search("SQLite", workers.sqlite[0] as EventLog, "raw FTS5, ORDER BY rank", async (query) =>
      rawSearch(rawSqlite, query),
    ),
    search("Postgres", workers.postgres[0] as EventLog, "raw tsvector, GIN, ORDER BY ts_rank", (query) =>
      raw.search(query),
    ),
  ];
  return { comparisons, close };
}

function opened(url: string): Promise<EventLog[]> {
  return Promise.all(Array.from({ length: WORKERS }, () => openLog(url)));
}

function search(name: string, log: EventLog, peer: string, theirs: (query: string) => Promise<unknown>): Comparison {
  const store = new CollaborativeSessions(log);
  const ours = () => p95((query) => store.search(query, { kinds: ["chunk"], limit: 20 }));
  const what = {
    durability: "reads; p95 of 100 queries",
    unit: "searches/s at p95",
    amount: 1,
    atLeast: 0.5,
    maxRounds: 5,
  };
  return { name: `collab search in 100,000 chunks, ${name}`, peer, ...what, ours, theirs: () => p95(theirs) };
}

function rawTexts(path: string): Database.Database {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, status TEXT, priority INTEGER); CREATE INDEX q ON tasks (status, priority DESC, id)",
  );
  db.exec("CREATE VIRTUAL TABLE texts USING fts5(text)");
  const insert = db.prepare("INSERT INTO texts (text) VALUES (?)");
  db.transaction(() => {
    for (const text of chunkTexts()) insert.run(text);
  })();
  return db;
}

function rawSearch(db: Database.Database, query: string): unknown {
  return db.prepare("SELECT rowid, text FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 20").all(query);
}

function rawClaims(db: Database.Database): number {
  const insert = db.prepare("INSERT INTO tasks (status, priority) VALUES ('pending', ?)");
  db.transaction(() => {
    for (let i = 0; i < CLAIMS; i++) insert.run(i % 5);
  })();
  const next = "SELECT id FROM tasks WHERE status = 'pending' ORDER BY priority DESC, id LIMIT 1";
  const claim = db.prepare(`UPDATE tasks SET status = 'claimed' WHERE id = (${next}) RETURNING id`);
  const before = performance.now();
  for (let i = 0; i < CLAIMS; i++) claim.get();
  return (performance.now() - before) / 1000;
}

class RawPostgresQueue {
  readonly #clients: readonly pg.Client[];

  private constructor(clients: readonly pg.Client[]) {
    this.#clients = clients;
  }

  static async open(url: string): Promise<RawPostgresQueue> {
    const clients = Array.from({ length: WORKERS }, () => new pg.Client({ connectionString: url }));
    for (const client of clients) await client.connect();
    await clients[0]?.query(`DROP SCHEMA IF EXISTS bench_queue CASCADE; CREATE SCHEMA bench_queue;
      CREATE TABLE bench_queue.tasks (id serial PRIMARY KEY, status text, priority int, by text);
      CREATE INDEX ON bench_queue.tasks (status, priority DESC, id);
      CREATE TABLE bench_queue.texts (id serial PRIMARY KEY, text text,
        words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED)`);
    return new RawPostgresQueue(clients);
  }

  async fillTexts(): Promise<void> {
    let batch: string[] = [];
    for (const text of chunkTexts()) {
      if (batch.push(text) < 5_000) continue;
      await this.#first.query("INSERT INTO bench_queue.texts (text) SELECT unnest($1::text[])", [batch]);
      batch = [];
    }
    await this.#first.query("CREATE INDEX ON bench_queue.texts USING gin (words); ANALYZE bench_queue.texts");
  }

  async claimAll(): Promise<number> {
    await this.#first.query(
      `INSERT INTO bench_queue.tasks (status, priority) SELECT 'pending', n % 5 FROM generate_series(1, ${CLAIMS}) n`,
    );
    const before = performance.now();
    await Promise.all(this.#clients.map((client) => claimUntilEmpty(client)));
    return (performance.now() - before) / 1000;
  }

  search(query: string): Promise<unknown> {
    // websearch_to_tsquery knows no beginnings of words.
    const ask = query.endsWith("*") ? "to_tsquery('simple', $1)" : "websearch_to_tsquery('simple', $1)";
    const text = query.endsWith("*") ? `${query.slice(0, -1)}:*` : query;
    return this.#first.query(
      `SELECT id, text FROM bench_queue.texts, ${ask} AS q WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 20`,
      [text],
    );
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.end();
  }

  get #first(): pg.Client {
    return this.#clients[0] as pg.Client;
  }
}

async function claimUntilEmpty(client: pg.Client): Promise<void> {
  const next = `SELECT id FROM bench_queue.tasks WHERE status = 'pending' ORDER BY priority DESC, id
    LIMIT 1 FOR UPDATE SKIP LOCKED`;
  const claim = `UPDATE bench_queue.tasks SET status = 'claimed', by = 'w' WHERE id = (${next}) RETURNING id`;
  while ((await client.query({ name: "claim", text: claim })).rowCount === 1);
}
