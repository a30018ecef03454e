import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import { ChainBreakError } from "../../../errors.js";
import { assertContinues } from "../../chain-check.js";
import type { SealedEvent } from "../../event.js";
import { EMPTY_TAIL, type Tail } from "../../seal.js";
import type { AppendStatements } from "./append-statements.js";
import { COPY_COLUMNS, copyChunks } from "./copy-text.js";
import { TAIL_COLUMNS, tailOfRow } from "./event-rows.js";
import type { LogLock } from "./log-lock.js";
import type { PgSession } from "./pg-session.js";
import { isUniqueViolation } from "./postgres-failures.js";
import type { PostgresLimits } from "./postgres-options.js";
import { type Statement, statement, type Tables } from "./statement.js";

/** The two acts on any number of events: loading what another log has sealed, and cutting back. Each is one transaction. */
export class PostgresBulk {
  readonly #statements: AppendStatements;
  readonly #lock: LogLock;
  readonly #limits: PostgresLimits;
  readonly #copyIn: string;
  readonly #setHead: Statement;
  readonly #allowChange: string;
  readonly #cut: Statement;
  readonly #clamp: Statement;
  readonly #headAt: Statement;

  constructor(tables: Tables, statements: AppendStatements, lock: LogLock, limits: PostgresLimits, channel?: string) {
    const { events, head } = tables;
    this.#statements = statements;
    this.#lock = lock;
    this.#limits = limits;
    this.#copyIn = `COPY ${events} (${COPY_COLUMNS}) FROM STDIN`;
    const told = channel === undefined ? "1" : `pg_notify('${channel}', $1::text)`;
    this.#setHead = statement(
      `WITH moved AS (UPDATE ${head} SET "offset" = $1::bigint, hash = $2, recorded_at = $3 RETURNING 1)
       SELECT ${told} FROM moved`,
    );
    this.#allowChange = "SELECT set_config('sessiondb.allow_change', 'on', true)";
    this.#cut = statement(`DELETE FROM ${events} WHERE "offset" > $1`);
    this.#clamp = statement(
      `UPDATE ${events} SET "commit" = $1 WHERE "offset" <= $1 AND "offset" > coalesce(
         (SELECT "offset" FROM ${events} WHERE "offset" <= $1 AND "commit" <= $1 ORDER BY "offset" DESC LIMIT 1), 0)`,
    );
    this.#headAt = statement(`SELECT ${TAIL_COLUMNS} FROM ${events} WHERE "offset" = $1`);
  }

  /** `uncertain`: an earlier attempt may have committed; then the log ends with these events. */
  async appendSealed(session: PgSession, events: readonly SealedEvent[], uncertain: boolean): Promise<Tail> {
    return this.#lock.run(session, (tail) => this.#appendSealedLocked(session, tail, events, uncertain), this.#bulkMs);
  }

  async #appendSealedLocked(
    session: PgSession,
    tail: Tail,
    events: readonly SealedEvent[],
    uncertain: boolean,
  ): Promise<Tail> {
    const last = events.at(-1);
    if (last === undefined || (uncertain && last.offset === tail.offset && last.hash === tail.hash)) return tail;
    await this.#assertContinuesLocked(session, tail, events);
    await this.#copyLocked(session, tail, events);
    return this.#moveHeadLocked(session, last);
  }

  async #assertContinuesLocked(session: PgSession, tail: Tail, events: readonly SealedEvent[]): Promise<void> {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const { versions } = await this.#statements.look(session, streams, []);
    const before = new Map(streams.map((stream, i) => [stream, versions[i] ?? 0]));
    assertContinues(tail, events, (stream) => before.get(stream) ?? 0);
  }

  async #copyLocked(session: PgSession, tail: Tail, events: readonly SealedEvent[]): Promise<void> {
    try {
      // pg reads the limit off the stream itself.
      const copyIn = Object.assign(copyStreams.from(this.#copyIn), { query_timeout: this.#bulkMs });
      await pipeline(copyChunks(events), session.client.query(copyIn));
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw new ChainBreakError("an id of these events stands in this log already, or twice among them", tail.offset, {
        hint: "run: sessiondb verify on the log that they come from",
        cause,
      });
    }
  }

  /** `uncertain`: an earlier attempt may have committed; then the log ends at `offset`. */
  async truncateAfter(session: PgSession, offset: number, expected: Tail, uncertain: boolean): Promise<Tail> {
    return this.#lock.run(
      session,
      async (tail) => {
        if (uncertain && tail.offset === offset) return tail;
        assertEndsAt(tail, expected);
        if (offset >= tail.offset) return tail;
        return this.#cutLocked(session, offset);
      },
      this.#bulkMs,
    );
  }

  async #cutLocked(session: PgSession, offset: number): Promise<Tail> {
    await session.script(this.#allowChange);
    await session.rows(this.#cut, [offset], this.#bulkMs);
    await session.rows(this.#clamp, [offset], this.#bulkMs);
    const [row] = offset === 0 ? [] : await session.rows(this.#headAt, [offset]);
    return this.#moveHeadLocked(session, offset === 0 ? EMPTY_TAIL : tailOfRow(row));
  }

  async #moveHeadLocked(session: PgSession, { offset, hash, recordedAt }: Tail): Promise<Tail> {
    await session.rows(this.#setHead, [offset, hash, recordedAt]);
    return { offset, hash, recordedAt };
  }

  get #bulkMs(): number {
    return this.#limits.bulkTimeoutMs;
  }
}

function assertEndsAt(tail: Tail, expected: Tail): void {
  if (tail.offset === expected.offset && tail.hash === expected.hash) return;
  throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expected.offset}`, tail.offset, {
    hint: "somebody has appended since: look at the new events before cutting",
  });
}
