import type { Tail } from "../../seal.js";
import { TAIL_COLUMNS, tailOfRow } from "./event-rows.js";
import type { PgSession } from "./pg-session.js";
import { CommitUnknown, isConnectionLost } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";
import type { Tables } from "./statement.js";

/** An append that is confirmed is on disk, whatever a role or database says; what asks for more than that, stays. */
export const DURABLE = `set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`;

/** A setting of this transaction only, which a pooler hands on to nobody. */
export function limit(name: string, ms: number): string {
  return `set_config('${name}', '${ms}ms', true)`;
}

/**
 * The writers' lock: the row of log_head, held in one transaction. READ COMMITTED is needed: what is read under the lock
 * must be what the holder before has committed, not what was there when the transaction began.
 */
export class LogLock {
  readonly #tables: Tables;
  readonly #limits: PostgresLimits;

  constructor(tables: Tables, limits: PostgresLimits) {
    this.#tables = tables;
    this.#limits = limits;
  }

  /**
   * Takes the lock, runs `act` with the tail, and commits. After any failure the caller closes the connection, which
   * undoes everything.
   *
   * @throws CommitUnknown the connection was lost during COMMIT
   */
  async run<T>(session: PgSession, act: (tail: Tail) => Promise<T>, statementMs?: number): Promise<T> {
    const [row] = await session.script(this.#begin(statementMs ?? this.#limits.statementTimeoutMs));
    const result = await act(tailOfRow(row));
    await commitWith(() => session.script("COMMIT"));
    return result;
  }

  #begin(statementMs: number): string {
    const { lockTimeoutMs, idleInTransactionMs } = this.#limits;
    return `BEGIN ISOLATION LEVEL READ COMMITTED;
      SELECT ${DURABLE}, ${limit("lock_timeout", lockTimeoutMs)}, ${limit("statement_timeout", statementMs)},
        ${limit("idle_in_transaction_session_timeout", idleInTransactionMs)};
      SELECT ${TAIL_COLUMNS} FROM ${this.#tables.head} FOR UPDATE`;
  }
}

/** Runs what commits. Only an error that the server itself reports, and survives, says that nothing was committed. */
export async function commitWith<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isConnectionLost(error) ? new CommitUnknown(error) : error;
  }
}
