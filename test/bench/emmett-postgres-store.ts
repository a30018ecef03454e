import type { Appender } from "./append-and-read.js";
import { type EmmettBatch, type EmmettStore, emmettEvents, readBatches } from "./emmett.js";
import { peer } from "./peers.js";

export const EMMETT_POSTGRES = "@event-driven-io/emmett-postgresql";

interface Pool {
  readonly execute: object;
  close(): Promise<void>;
}

interface EmmettPostgres {
  getPostgreSQLEventStore(url: string, options: object): EmmettStore & { schema: { migrate(): Promise<unknown> } };
  readMessagesBatch(execute: object, options: object): Promise<EmmettBatch>;
}

/** emmett on a pool of connections of its driver, as it opens one by itself. */
export class EmmettPostgresStore implements Appender {
  readonly #emmett = peer<EmmettPostgres>(EMMETT_POSTGRES);
  readonly #pool: Pool;
  readonly #store: ReturnType<EmmettPostgres["getPostgreSQLEventStore"]>;

  /** @param tables whether to look for its tables, and to make them where they are not there */
  constructor(connectionString: string, tables: "made" | "there") {
    this.#pool = peer<{ dumbo(options: object): Pool }>("@event-driven-io/dumbo").dumbo({ connectionString });
    this.#store = this.#emmett.getPostgreSQLEventStore(connectionString, {
      connectionOptions: { dumbo: this.#pool },
      schema: { autoMigration: tables === "made" ? "CreateOrUpdate" : "None" },
    });
  }

  async makeTables(): Promise<void> {
    await this.#store.schema.migrate();
  }

  append(stream: string, count: number, from: number): Promise<unknown> {
    return this.#store.appendToStream(stream, emmettEvents(count, from));
  }

  readAll(): Promise<number> {
    return readBatches((options) => this.#emmett.readMessagesBatch(this.#pool.execute, options));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
