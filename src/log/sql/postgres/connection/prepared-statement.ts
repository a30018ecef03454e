import type pg from "pg";

/** What came of it: how many rows were written or answered, and the last of them, as texts. */
export interface Answer {
  readonly count: number;
  readonly row: readonly (string | null)[];
}

/**
 * A statement that is prepared on its connection already, without what pg's own query also does: asking what the rows of
 * the answer look like, and copying its configuration. That is 15 of 250 µs (measured).
 */
export class PreparedStatement implements pg.Submittable {
  readonly #name: string;
  readonly #values: readonly (string | null)[];
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  #count = 0;
  #row: readonly (string | null)[] = [];

  private constructor(
    name: string,
    values: readonly (string | null)[],
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#name = name;
    this.#values = values;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  static run(client: pg.ClientBase, name: string, values: readonly (string | null)[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      client.query(new PreparedStatement(name, values, resolve, reject));
    });
  }

  /** One write to the socket for the three messages. */
  submit(connection: pg.Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.bind({ statement: this.#name, values: this.#values as (string | null)[] }, true);
    connection.execute(null, true);
    connection.sync();
    stream.uncork();
  }

  // What follows is what pg calls on the query that is under way.

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#row = fields;
  }

  /** `INSERT 0 1`: no object id, one row. `SELECT 1`, also of a function that writes. */
  handleCommandComplete({ text }: { text: string }): void {
    this.#count = Number(text.slice(text.lastIndexOf(" ") + 1));
  }

  handleReadyForQuery(): void {
    this.#resolve({ count: this.#count, row: this.#row });
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}
