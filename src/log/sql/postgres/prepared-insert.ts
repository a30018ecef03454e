import type pg from "pg";

/**
 * An INSERT that is prepared on its connection already, without what pg's own query also does: asking what the rows of
 * the answer look like, of which there are none, and copying its configuration. That is 15 of 250 µs (measured).
 */
export class PreparedInsert implements pg.Submittable {
  readonly #name: string;
  readonly #values: readonly string[];
  readonly #resolve: (count: number) => void;
  readonly #reject: (error: unknown) => void;
  #count = 0;

  private constructor(
    name: string,
    values: readonly string[],
    resolve: (count: number) => void,
    reject: (error: unknown) => void,
  ) {
    this.#name = name;
    this.#values = values;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @returns how many rows it has written */
  static run(client: pg.ClientBase, name: string, values: readonly string[]): Promise<number> {
    return new Promise((resolve, reject) => {
      client.query(new PreparedInsert(name, values, resolve, reject));
    });
  }

  /** One write to the socket for the three messages. */
  submit(connection: pg.Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.bind({ statement: this.#name, values: this.#values as string[] }, true);
    connection.execute(null, true);
    connection.sync();
    stream.uncork();
  }

  // What follows is what pg calls on the query that is under way.

  /** `INSERT 0 1`: no object id, one row. */
  handleCommandComplete({ text }: { text: string }): void {
    this.#count = Number(text.slice(text.lastIndexOf(" ") + 1));
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#count);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}
