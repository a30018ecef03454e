import type { PgSession } from "../connection/pg-session.js";
import type { Tables } from "../connection/statement.js";
import { commitWith } from "../log-lock.js";

/** Longer than a step takes; whoever holds a model's row for longer is stuck, and readers go on without the tables. */
const LOCK_MS = 5_000;
const LOCK_NAME = "sessiondb read models";

/** The three kinds of transactions on read models. After any failure the caller closes the connection. */
export class PostgresModelTransaction {
  readonly #schema: string;

  constructor({ schema }: Tables) {
    this.#schema = schema;
  }

  /**
   * A step. It does not wait for the disk: what a crash takes is the step together with its checkpoint, and it is taken
   * again.
   */
  async run<T>(session: PgSession, act: () => Promise<T>): Promise<T> {
    await session.script(
      `BEGIN ISOLATION LEVEL READ COMMITTED;
       SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '${LOCK_MS}ms', true)`,
    );
    const result = await act();
    await commitWith(() => session.script("COMMIT"));
    return result;
  }

  /** Making and swapping tables: one process of a schema at a time. */
  alone<T>(session: PgSession, act: () => Promise<T>): Promise<T> {
    return this.run(session, async () => {
      await lockModels(session, this.#schema);
      return act();
    });
  }

  /** Several questions to one state of the database. */
  async snapshot<T>(session: PgSession, act: () => Promise<T>): Promise<T> {
    await session.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const result = await act();
    await session.script("COMMIT");
    return result;
  }
}

/** Until the transaction ends, no read model of the schema is made or swapped. */
export async function lockModels(session: PgSession, schema: string): Promise<void> {
  await session.script(`SELECT pg_advisory_xact_lock(hashtext('${LOCK_NAME}'), hashtext('${schema}'))`);
}
