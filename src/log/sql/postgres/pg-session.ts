import type pg from "pg";
import type { Statement } from "./statement.js";

/** Values as pg sends them: never objects, which it would turn into JSON. */
export type SqlValue = string | number | null | readonly (string | number | null)[];

/** One connection, borrowed for one act. Rows are arrays, in the order of the SELECT. */
export class PgSession {
  readonly client: pg.ClientBase;
  readonly #prepare: boolean;
  readonly #timeoutMs: number;

  constructor(client: pg.ClientBase, prepare: boolean, timeoutMs: number) {
    this.client = client;
    this.#prepare = prepare;
    this.#timeoutMs = timeoutMs;
  }

  /** `timeoutMs` bounds the wait for the answer, also on a network that has fallen silent. */
  async rows(
    statement: Statement,
    values: readonly SqlValue[] = [],
    timeoutMs = this.#timeoutMs,
  ): Promise<unknown[][]> {
    return (await this.#query(statement, values, timeoutMs)).rows;
  }

  /** For a statement that returns no rows. @returns how many it has written or deleted */
  async affected(statement: Statement, values: readonly SqlValue[], timeoutMs = this.#timeoutMs): Promise<number> {
    return (await this.#query(statement, values, timeoutMs)).rowCount ?? 0;
  }

  #query({ name, text }: Statement, values: readonly SqlValue[], timeoutMs: number) {
    const query = { text, values: values as unknown[], rowMode: "array" as const, query_timeout: timeoutMs };
    return this.client.query<unknown[]>(this.#prepare ? { ...query, name } : query);
  }

  /** Several statements without values in one round trip. @returns the rows of the last one */
  async script(text: string, timeoutMs = this.#timeoutMs): Promise<unknown[][]> {
    const query = { text, rowMode: "array" as const, query_timeout: timeoutMs };
    const results = (await this.client.query(query)) as unknown as pg.QueryArrayResult | pg.QueryArrayResult[];
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  }
}
