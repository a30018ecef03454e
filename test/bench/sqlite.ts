import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { BENCH_ACTOR, sampleData, sampleEvents } from "./events.js";
import { longSession } from "./long-session.js";
import type { Bench } from "./measure.js";

const APPENDS = 400;
const BATCHES = 10;
const CONCURRENT = 32;

export async function sqliteBench(folder: string): Promise<Bench> {
  const log = await SqliteLog.open(join(folder, "ours.db"), {});
  const raw = new RawSqlite(join(folder, "raw.db"));
  let n = 0;
  const appendOne = () => log.append({ stream: `session-${n++ % 100}`, events: sampleEvents(1, n) }, BENCH_ACTOR);
  const sequential = async () => {
    for (let i = 0; i < APPENDS; i++) await appendOne();
  };
  const shared = { durability: "WAL, synchronous=FULL, both", unit: "events/s" };
  const comparisons = [
    {
      ...shared,
      name: "SQLite append of 1",
      peer: "raw better-sqlite3, same columns and indexes",
      atLeast: 0.8,
      amount: APPENDS,
      ours: sequential,
      theirs: async () => {
        for (let i = 0; i < APPENDS; i++) raw.insertMany(`session-${i % 100}`, 1);
      },
    },
    {
      ...shared,
      name: "SQLite append of 1000 with the chain",
      peer: "raw better-sqlite3, one transaction, JSON.stringify, no hashes",
      atLeast: 0.7,
      amount: BATCHES * 1000,
      ours: async () => {
        for (let i = 0; i < BATCHES; i++) {
          await log.append({ stream: `session-b${i}`, events: sampleEvents(1000, i) }, BENCH_ACTOR);
        }
      },
      theirs: async () => {
        for (let i = 0; i < BATCHES; i++) raw.insertMany(`session-b${i}`, 1000);
      },
    },
    {
      ...shared,
      name: "SQLite, 32 appends at once",
      peer: "sessiondb, one after the other",
      atLeast: 4,
      amount: APPENDS,
      ours: async () => {
        for (let i = 0; i < APPENDS; i += CONCURRENT) {
          await Promise.all(Array.from({ length: Math.min(CONCURRENT, APPENDS - i) }, appendOne));
        }
      },
      theirs: sequential,
    },
    await longSession(log),
  ];
  const close = async () => {
    raw.close();
    await log.close();
  };
  return { comparisons, close };
}

/** What somebody would write by hand: the same columns and indexes, prepared, one transaction an append. */
class RawSqlite {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #versions = new Map<string, number>();

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.exec(`CREATE TABLE events ("offset" INTEGER PRIMARY KEY, "commit" INTEGER, version INTEGER, recorded_at TEXT,
      id TEXT, stream TEXT, type TEXT, actor TEXT, meta TEXT, data TEXT, salt TEXT, hash TEXT) STRICT`);
    this.#db.exec("CREATE UNIQUE INDEX events_id ON events (id)");
    this.#db.exec("CREATE UNIQUE INDEX events_stream_version ON events (stream, version)");
    this.#insert = this.#db.prepare(
      `INSERT INTO events ("commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  close(): void {
    this.#db.close();
  }

  insertMany(stream: string, count: number): void {
    this.#db.exec("BEGIN IMMEDIATE");
    for (let i = 0; i < count; i++) {
      const version = (this.#versions.get(stream) ?? 0) + 1;
      this.#versions.set(stream, version);
      const meta = JSON.stringify({ reason: "commits pushed", schema: 1 });
      const data = JSON.stringify(sampleData(i));
      this.#insert.run(
        1,
        version,
        new Date().toISOString(),
        randomUUID(),
        stream,
        "session.updated",
        "agent:bench",
        meta,
        data,
        SALT,
        HASH,
      );
    }
    this.#db.exec("COMMIT");
  }
}

const SALT = randomBytes(16).toString("hex");
const HASH = randomBytes(32).toString("hex");
