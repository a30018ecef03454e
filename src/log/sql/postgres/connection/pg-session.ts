import type pg from "pg";
import { type Answer, PreparedStatement } from "./prepared-statement.js";
import { QuittingClient } from "./quitting-client.js";
import type { Statement } from "./statement.js";
import type { StatementClock } from "./statement-clock.js";

/**
 * Values as pg sends them: never objects, which it would turn into JSON, and no null in an array: whether the server takes
 * that for NULL is a setting of its (array_nulls).
 */
export type SqlValue = string | number | null | readonly (string | number)[];

/** One connection, borrowed for one act or kept for all of them. Rows are arrays, in the order of the SELECT. */
export class PgSession {
  readonly client: pg.ClientBase;
  readonly #prepare: boolean;
  readonly #clock: StatementClock;
  /** Names of the statements that this connection has prepared. */
  readonly #prepared = new Set<string>();

  constructor(client: pg.ClientBase, prepare: boolean, clock: StatementClock) {
    this.client = client;
    this.#prepare = prepare;
    this.#clock = clock;
  }

  /** `timeoutMs` bounds the wait for the answer, also on a network that has fallen silent. */
  async rows(statement: Statement, values: readonly SqlValue[] = [], timeoutMs?: number): Promise<unknown[][]> {
    const query = { ...this.#query(statement, values), rowMode: "array" as const };
    return (await this.#answer(() => this.client.query<unknown[]>(query), timeoutMs)).rows;
  }

  /** For a statement that returns no rows. @returns how many it has written or deleted */
  async affected(statement: Statement, values: readonly SqlValue[], timeoutMs?: number): Promise<number> {
    const query = this.#query(statement, values);
    return (await this.#answer(() => this.client.query(query), timeoutMs)).rowCount ?? 0;
  }

  /** As affected, for an INSERT of texts that is done again and again. */
  async insert(statement: Statement, values: readonly string[]): Promise<number> {
    if (this.#prepared.has(statement.name)) return (await this.#again(statement, values)).count;
    const count = await this.affected(statement, values);
    if (this.#prepare) this.#prepared.add(statement.name);
    return count;
  }

  /** The one row of a statement that is run again and again, whose values and columns are texts; empty where there is none. */
  async call(statement: Statement, values: readonly (string | null)[]): Promise<readonly (string | null)[]> {
    if (this.#prepared.has(statement.name)) return (await this.#again(statement, values)).row;
    const [row = []] = await this.rows(statement, values);
    if (this.#prepare) this.#prepared.add(statement.name);
    return row as (string | null)[];
  }

  #again({ name }: Statement, values: readonly (string | null)[]): Promise<Answer> {
    return this.#answer(() => PreparedStatement.run(this.client, name, values));
  }

  /** Several statements without values in one round trip. @returns the rows of the last one */
  async script(text: string, timeoutMs?: number): Promise<unknown[][]> {
    const query = { text, rowMode: "array" as const };
    const answer = await this.#answer(() => this.client.query(query), timeoutMs);
    const results = answer as unknown as pg.QueryArrayResult | pg.QueryArrayResult[];
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  }

  /** What was answered is as lasting as the server promises. */
  get isConfirmed(): boolean {
    return !(this.client instanceof QuittingClient && this.client.commitIsLocal);
  }

  #query({ name, text }: Statement, values: readonly SqlValue[]): pg.QueryConfig {
    const query = { text, values: values as unknown[] };
    return this.#prepare ? { ...query, name } : query;
  }

  async #answer<T>(ask: () => Promise<T>, timeoutMs?: number): Promise<T> {
    this.#clock.beginStatement(timeoutMs);
    try {
      return await ask();
    } finally {
      this.#clock.endStatement();
    }
  }
}
