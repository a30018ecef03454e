import type { LogPartitions, PartitionPlan, PartitionRequest, PartitionState } from "../../../partitions.js";
import { Connections } from "../connection/connections.js";
import type { PgSession } from "../connection/pg-session.js";
import { OutcomeUnknown, retryTransient } from "../connection/retry.js";
import { type Tables, tablesOf } from "../connection/statement.js";
import { translateError } from "../postgres-errors.js";
import { limitsOf, type PostgresLimits, type PostgresLogOptions } from "../postgres-options.js";
import { parsePostgresUrl } from "../postgres-url.js";
import { eventsTable, readState } from "./partition-catalog.js";
import { PartitionMaker } from "./partition-maker.js";

/** The partitions of one log in Postgres, with a connection of their own. */
export class PostgresPartitions implements LogPartitions {
  readonly #url: string;
  readonly #limits: PostgresLimits;
  readonly #tables: Tables;
  readonly #connections: Connections;
  readonly #maker: PartitionMaker;

  /** @throws UsageError STORE_URL_INVALID */
  constructor(url: string, options: PostgresLogOptions = {}) {
    const address = parsePostgresUrl(url);
    this.#url = address.url;
    this.#limits = limitsOf(options);
    this.#tables = tablesOf(address.schema);
    this.#connections = new Connections(address, this.#limits, 1);
    this.#maker = new PartitionMaker(this.#tables, this.#limits, address.url);
  }

  state(): Promise<PartitionState> {
    return this.#retrying(this.#limits.readRetryMs, async (session) => {
      await eventsTable(session, this.#tables, this.#url);
      return readState(session, this.#tables);
    });
  }

  plan(request: PartitionRequest): Promise<PartitionPlan> {
    return this.#retrying(this.#limits.readRetryMs, (session) => this.#maker.plan(session, request));
  }

  partition(request: PartitionRequest): Promise<PartitionPlan> {
    return this.#retrying(this.#limits.retryLimitMs, (session) => this.#maker.make(session, request));
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #retrying<T>(limitMs: number, act: (session: PgSession) => Promise<T>): Promise<T> {
    try {
      return await retryTransient(limitMs, () => this.#connections.reading(act), this.#limits);
    } catch (error) {
      throw translateError(error instanceof OutcomeUnknown ? error.cause : error, this.#url);
    }
  }
}
