import type { PgSession } from "./connection/pg-session.js";
import type { Tables } from "./connection/statement.js";
import { CommitUnknown, isConnectionLost } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";

/**
 * A condition that is always true, and makes the transaction durable: an append that is confirmed is on disk, whatever a
 * role or database says. What asks for more than that, stays. Asking first costs less than setting.
 */
export const DURABLE = `(current_setting('synchronous_commit') IN ('on', 'remote_apply')
  OR set_config('synchronous_commit', 'on', true) IS NOT NULL)`;

/**
 * What a transaction answers from, without writing anything (an append that stands in the log already), may not have reached
 * the synchronous standbys: who wrote it was cut off while he waited for them. So each waits for them, and only what
 * has written something does.
 */
const CONFIRM = `SELECT pg_logical_emit_message(true, 'sessiondb', '') WHERE current_setting('synchronous_standby_names') <> ''`;

/** Lets this transaction change and remove events, which triggers refuse to whoever does not say so. */
export const ALLOW_CHANGE = "SELECT set_config('sessiondb.allow_change', 'on', true)";

/** A setting of this transaction only, which a pooler hands on to nobody. */
export function limit(name: string, ms: number): string {
  return `set_config('${name}', '${ms}ms', true)`;
}

/** Two numbers of 32 bits in one database, made of names: two logs that share them would only wait for each other. */
function keyOf({ schema }: Tables): string {
  return `hashtext('sessiondb log'), hashtext('${schema}')`;
}

/** A condition that takes the writers' lock until the end of the transaction; false, at once, where others hold it. */
export function tryLock(tables: Tables): string {
  return `pg_try_advisory_xact_lock(${keyOf(tables)})`;
}

/**
 * The writers' lock, held in one transaction: whatever adds or removes events holds it until it has committed. It is an
 * advisory lock of the transaction: no row is written for it, no table is locked that vacuum wants, and it is safe
 * behind a pooler. READ COMMITTED is needed: what is read under the lock must be what the holder before has committed,
 * not what was there when the transaction began.
 */
export class LogLock {
  readonly #tables: Tables;
  readonly #limits: PostgresLimits;

  constructor(tables: Tables, limits: PostgresLimits) {
    this.#tables = tables;
    this.#limits = limits;
  }

  /**
   * Takes the lock, runs `act`, and commits. What `act` reads is what all holders before have left. After any failure the
   * caller closes the connection, which undoes everything.
   *
   * @throws CommitUnknown the connection was lost during COMMIT
   */
  run<T>(session: PgSession, act: () => Promise<T>, statementMs?: number): Promise<T> {
    return this.#run(session, this.#begin(statementMs ?? this.#limits.statementTimeoutMs), act);
  }

  /**
   * As run, with a first question that is sent together with the request for the lock: while the lock is held, each round
   * trip makes all other writers wait. It is a statement of its own, so it sees what the holder before has committed.
   *
   * @param question SQL without parameters
   */
  runAsking<T>(
    session: PgSession,
    question: string,
    act: (rows: unknown[][]) => Promise<T>,
    statementMs?: number,
  ): Promise<T> {
    const begin = this.#begin(statementMs ?? this.#limits.statementTimeoutMs);
    return this.#run(session, `${begin};\n${question}`, act);
  }

  /**
   * As run, with an act before the lock is asked for, in the same transaction: it takes what somebody else may hold who waits for
   * the lock. Taken behind it, each would wait for the other, and the server could not know.
   */
  runBehind<T>(
    session: PgSession,
    before: () => Promise<void>,
    act: () => Promise<T>,
    statementMs: number,
  ): Promise<T> {
    return this.#run(session, this.#limited(statementMs), async () => {
      await before();
      await session.script(`SELECT ${this.#lock}`);
      return act();
    });
  }

  async #run<T>(session: PgSession, begin: string, act: (rows: unknown[][]) => Promise<T>): Promise<T> {
    const result = await act(await session.script(begin));
    await commitWith(() => session.script(`${CONFIRM};\nCOMMIT`));
    return result;
  }

  /** The lock stands behind the limits: they hold while it is waited for. What follows is another statement, and looks later. */
  #begin(statementMs: number): string {
    return `${this.#limited(statementMs)}, ${this.#lock}`;
  }

  #limited(statementMs: number): string {
    const { lockTimeoutMs, idleInTransactionMs } = this.#limits;
    return `BEGIN ISOLATION LEVEL READ COMMITTED;
      SELECT ${DURABLE}, ${limit("lock_timeout", lockTimeoutMs)}, ${limit("statement_timeout", statementMs)},
        ${limit("idle_in_transaction_session_timeout", idleInTransactionMs)}`;
  }

  get #lock(): string {
    return `pg_advisory_xact_lock(${keyOf(this.#tables)})`;
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

/** To be asked before anything is acknowledged. @throws CommitUnknown of what was committed without its synchronous standbys */
export function assertConfirmed({ isConfirmed }: PgSession): void {
  if (!isConfirmed) throw new CommitUnknown(new Error("the server stopped waiting for its synchronous standbys"));
}
