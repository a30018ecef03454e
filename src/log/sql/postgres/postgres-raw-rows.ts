import { ChainBreakError } from "../../../errors.js";
import { RAW_COLUMNS, RAW_NULL, RAW_QUOTE, type RawRows } from "../../raw-rows.js";
import type { Tail } from "../../seal.js";
import { copyLocked } from "./copy-locked.js";
import { tailOfRow, tailSql } from "./event-rows.js";
import type { LogLock } from "./log-lock.js";
import type { PgSession } from "./pg-session.js";
import type { PostgresLimits } from "./postgres-options.js";
import type { Tables } from "./statement.js";

const [NULL, QUOTE] = [RAW_NULL, RAW_QUOTE].map((mark) => `E'\\x0${mark.charCodeAt(0)}'`);

/** Takes in rows that another database has told as text, as they are: one transaction, in which only the tail is looked at. */
export class PostgresRawRows {
  readonly #lock: LogLock;
  readonly #limits: PostgresLimits;
  readonly #channel: string | undefined;
  readonly #tail: string;
  readonly #copyIn: string;

  constructor(tables: Tables, lock: LogLock, limits: PostgresLimits, channel: string | undefined) {
    this.#lock = lock;
    this.#limits = limits;
    this.#channel = channel;
    this.#tail = tailSql(tables);
    // As CSV, because there a backslash is a character like others: nothing has to be escaped, and nothing is quoted.
    this.#copyIn = `COPY ${tables.events} (${RAW_COLUMNS}) FROM STDIN
      (FORMAT csv, DELIMITER E'\\t', QUOTE ${QUOTE}, NULL ${NULL})`;
  }

  /** `uncertain`: an earlier attempt may have committed; then the log ends with these rows. */
  append(session: PgSession, rows: RawRows, uncertain: boolean): Promise<Tail> {
    const act = (found: unknown[][]) => this.#appendLocked(session, rows, uncertain, tailOfRow(found[0]));
    return this.#lock.runAsking(session, this.#askTail(rows), act, this.#limits.bulkTimeoutMs);
  }

  /** Rings, too, when it commits. */
  #askTail({ tail }: RawRows): string {
    if (this.#channel === undefined) return this.#tail;
    return `SELECT pg_notify('${this.#channel}', '${tail.offset}');\n${this.#tail}`;
  }

  async #appendLocked(session: PgSession, rows: RawRows, uncertain: boolean, tail: Tail): Promise<Tail> {
    const { from, before, text, tail: last } = rows;
    if (uncertain && last.offset === tail.offset && last.hash === tail.hash) return tail;
    if (tail.offset !== from - 1 || tail.hash !== before) {
      const message = `rows from offset ${from} on do not continue this log, which ends at ${tail.offset}`;
      throw new ChainBreakError(message, tail.offset);
    }
    const bulkMs = this.#limits.bulkTimeoutMs;
    await copyLocked(session, { sql: this.#copyIn, chunks: [text], behind: tail.offset, bulkMs });
    return last;
  }
}
