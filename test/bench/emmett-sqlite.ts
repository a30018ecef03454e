import { join } from "node:path";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { type Appender, appendAndRead, appenderOf } from "./append-and-read.js";
import { type EmmettBatch, type EmmettStore, emmettEvents, readBatches } from "./emmett.js";
import type { Bench } from "./measure.js";
import { named, peer } from "./peers.js";

const PACKAGE = "@event-driven-io/emmett-sqlite";

interface Connection {
  command(sql: string): Promise<unknown>;
  close(): void;
}

type EmmettSqliteEventStore = EmmettStore & { readonly schema: { migrate(): Promise<void> } };

interface EmmettSqlite {
  sqliteConnection(options: { fileName: string }): Connection;
  SQLiteConnectionPool(options: object): object;
  getSQLiteEventStore(options: object): EmmettSqliteEventStore;
  readMessagesBatch(connection: Connection, options: object): Promise<EmmettBatch>;
}

export async function emmettSqliteBench(folder: string): Promise<Bench> {
  const [written, read] = [await pair(folder, "written"), await pair(folder, "read")];
  const facts = {
    backend: "SQLite",
    peer: `${named(PACKAGE)}, one shared connection`,
    durability: "WAL, synchronous=FULL, both",
    atLeast: [3, 2.5, 3] as const,
    appends: 100,
  };
  const close = async () => {
    for (const { log, store } of [written, read]) {
      store.close();
      await log.close();
    }
  };
  return { comparisons: await appendAndRead(facts, written.appenders, read.appenders), close };
}

async function pair(folder: string, name: string) {
  const log = await SqliteLog.open(join(folder, `ours-${name}.db`));
  const store = await EmmettSqliteStore.open(join(folder, `emmett-${name}.db`));
  return { log, store, appenders: [appenderOf(log), store] as readonly [Appender, Appender] };
}

/** Its fastest way: one connection for all, which it would otherwise open anew for each append. */
class EmmettSqliteStore implements Appender {
  readonly #emmett = peer<EmmettSqlite>(PACKAGE);
  readonly #connection: Connection;
  readonly #store: EmmettSqliteEventStore;

  private constructor(fileName: string) {
    this.#connection = this.#emmett.sqliteConnection({ fileName });
    const connectionOptions = { singleton: true, connection: this.#connection };
    const pool = this.#emmett.SQLiteConnectionPool({ fileName, connectionOptions });
    this.#store = this.#emmett.getSQLiteEventStore({ fileName, pool });
  }

  static async open(path: string): Promise<EmmettSqliteStore> {
    const store = new EmmettSqliteStore(path);
    await store.#connection.command("PRAGMA synchronous = FULL"); // WAL is its own choice
    await store.#store.schema.migrate();
    return store;
  }

  append(stream: string, count: number, from: number): Promise<unknown> {
    return this.#store.appendToStream(stream, emmettEvents(count, from));
  }

  readAll(): Promise<number> {
    return readBatches((options) => this.#emmett.readMessagesBatch(this.#connection, options));
  }

  close(): void {
    this.#connection.close();
  }
}
