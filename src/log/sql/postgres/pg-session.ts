import type pg from "pg";
import { PreparedStatement } from "./prepared-statement.js";
import { QuittingClient } from "./quitting-client.js";
import type { Statement } from "./statement.js";

/** Values as pg sends them: never objects, which it would turn into JSON. */
export type SqlValue = string | number | null | readonly (string | number | null)[];

/** How a session keeps the time limit of its statements: by a timer of pg for each, or by one that watches from outside. */
export type SessionClock = { readonly timeoutMs: number } | { beginStatement(): void };

/** One connection, borrowed for one act or kept for all of them. Rows are arrays, in the order of the SELECT. */
export class PgSession {
  readonly client: pg.ClientBase;
  readonly #prepare: boolean;
  readonly #clock: SessionClock;
  /** Names of the statements that this connection has prepared. */
  readonly #prepared = new Set<string>();

  constructor(client: pg.ClientBase, prepare: boolean, clock: SessionClock) {
    this.client = client;
    this.#prepare = prepare;
    this.#clock = clock;
  }

  /** `timeoutMs` bounds the wait for the answer, also on a network that has fallen silent. */
  async rows(statement: Statement, values: readonly SqlValue[] = [], timeoutMs?: number): Promise<unknown[][]> {
    const query = { ...this.#query(statement, values, timeoutMs), rowMode: "array" as const };
    return (await this.client.query<unknown[]>(query)).rows;
  }

  /** For a statement that returns no rows. @returns how many it has written or deleted */
  async affected(statement: Statement, values: readonly SqlValue[], timeoutMs?: number): Promise<number> {
    return (await this.client.query(this.#query(statement, values, timeoutMs))).rowCount ?? 0;
  }

  /** As affected, for an INSERT of texts that is done again and again. */
  async insert(statement: Statement, values: readonly string[]): Promise<number> {
    if (this.#isPrepared(statement)) return (await PreparedStatement.run(this.client, statement.name, values)).count;
    const count = await this.affected(statement, values);
    if (this.#prepare) this.#prepared.add(statement.name);
    return count;
  }

  /** The one row of a statement that is run again and again, whose values and columns are texts. */
  async call(statement: Statement, values: readonly (string | null)[]): Promise<readonly (string | null)[]> {
    if (this.#isPrepared(statement)) return (await PreparedStatement.run(this.client, statement.name, values)).row;
    const [row = []] = await this.rows(statement, values);
    if (this.#prepare) this.#prepared.add(statement.name);
    return row as (string | null)[];
  }

  /** This connection has it, and needs no timer for it. */
  #isPrepared({ name }: Statement): boolean {
    if ("timeoutMs" in this.#clock || !this.#prepared.has(name)) return false;
    this.#clock.beginStatement();
    return true;
  }

  /** Several statements without values in one round trip. @returns the rows of the last one */
  async script(text: string, timeoutMs?: number): Promise<unknown[][]> {
    const query = { text, rowMode: "array" as const, ...this.#limited(timeoutMs) };
    const results = (await this.client.query(query)) as unknown as pg.QueryArrayResult | pg.QueryArrayResult[];
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  }

  /** What was answered is as lasting as the server promises. */
  get isConfirmed(): boolean {
    return !(this.client instanceof QuittingClient && this.client.commitIsLocal);
  }

  #query({ name, text }: Statement, values: readonly SqlValue[], timeoutMs: number | undefined): pg.QueryConfig {
    const query = { text, values: values as unknown[], ...this.#limited(timeoutMs) };
    return this.#prepare ? { ...query, name } : query;
  }

  #limited(timeoutMs: number | undefined): { query_timeout?: number } {
    if ("timeoutMs" in this.#clock) return { query_timeout: timeoutMs ?? this.#clock.timeoutMs };
    this.#clock.beginStatement();
    return {};
  }
}
