import { AppendOutcomeUnknownError, ForkedError, SessionDbError, StorageError } from "../../../errors.js";
import type { SealOutcome } from "../../seal.js";
import type { Group } from "./append/append-view.js";
import { groupParts } from "./append/group-parts.js";
import type { Connections } from "./connection/connections.js";
import type { PgSession } from "./connection/pg-session.js";
import { OutcomeUnknown, retryTransient } from "./connection/retry.js";
import { translateError } from "./postgres-errors.js";
import { isLockTimeout } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";
import { NoServer } from "./servers/server-role.js";

export type AppendAttempt = (part: Group, uncertain: boolean) => Promise<readonly SealOutcome[]>;

/** An attempt before the first; it has failed with `error`, or could not be made. */
export interface EarlierAttempt {
  /** The group may have been committed. */
  readonly uncertain: boolean;
  /** performance.now() */
  readonly beganMs: number;
  readonly error: unknown;
}

/** How each kind of act meets failures: how long it is tried again, and what its caller is told in the end. */
export class PostgresActs {
  readonly #connections: Connections;
  readonly #limits: PostgresLimits;
  readonly #url: string;
  readonly #assertOpen: (operation: string) => void;

  /** `assertOpen` is asked before each attempt: the log may be closed while one waits for the next. */
  constructor(connections: Connections, limits: PostgresLimits, url: string, assertOpen: (operation: string) => void) {
    this.#connections = connections;
    this.#limits = limits;
    this.#url = url;
    this.#assertOpen = assertOpen;
  }

  /** Reading, or anything else that may be done twice. */
  async read<T>(operation: string, act: (session: PgSession) => Promise<T>): Promise<T> {
    const attempt = async () => {
      this.#assertOpen(operation);
      return this.#connections.reading(act);
    };
    try {
      return await retryTransient(this.#limits.readRetryMs, attempt, this.#limits);
    } catch (error) {
      throw this.#told(error instanceof OutcomeUnknown ? error.cause : error);
    }
  }

  /** A change that recognises, when told that it is `uncertain`, whether it has been made. */
  async change<T>(operation: string, act: (session: PgSession, uncertain: boolean) => Promise<T>): Promise<T> {
    const attempt = async (uncertain: boolean) => {
      this.#assertOpen(operation);
      return this.#connections.reading((session) => act(session, uncertain));
    };
    try {
      return await retryTransient(this.#limits.retryLimitMs, attempt, this.#limits);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw this.#told(error);
      const message = `${this.#url}: the connection was lost before ${operation} was confirmed`;
      throw new StorageError("OUTCOME_UNKNOWN", message, {
        hint: "look at the tail of the log: it tells whether the change was made",
        cause: this.#told(error.cause),
      });
    }
  }

  /** Parts that were written stay written: what fails later is told to the later appends only. */
  async append(group: Group, attempt: AppendAttempt, earlier: EarlierAttempt): Promise<readonly SealOutcome[]> {
    const outcomes: SealOutcome[] = [];
    for (const part of groupParts(group)) {
      try {
        outcomes.push(...(await this.#appendPart(part, attempt, earlier)));
      } catch (error) {
        if (outcomes.length === 0 || !(error instanceof SessionDbError)) throw error;
        for (const _ of part) outcomes.push({ kind: "refused", error });
      }
    }
    return outcomes;
  }

  async #appendPart(
    part: Group,
    attempt: AppendAttempt,
    { uncertain, beganMs, error }: EarlierAttempt,
  ): Promise<readonly SealOutcome[]> {
    try {
      const { retryLimitMs, onRetry } = this.#limits;
      if (isLockTimeout(error)) {
        if (performance.now() - beganMs >= retryLimitMs) throw error; // it has waited as long as one may
        onRetry?.(error);
      }
      return await retryTransient(retryLimitMs, (maybe) => attempt(part, maybe), { uncertain, beganMs, onRetry });
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw this.#told(error);
      // Wherever it may have been committed, that server's history is not the one that goes on.
      if (error.cause instanceof ForkedError) throw error.cause;
      const ids = part.flatMap((append) => append.map(({ id }) => id));
      throw new AppendOutcomeUnknownError(ids, this.#told(error.cause));
    }
  }

  /** Of several servers it names the one that was asked. */
  #told(error: unknown): unknown {
    const { name } = this.#connections.place;
    return translateError(error, name === "" || error instanceof NoServer ? this.#url : `${this.#url} at ${name}`);
  }
}
