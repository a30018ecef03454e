import { RAW_COLUMNS, RAW_NULL, RAW_QUOTE } from "../../../raw-rows.js";
import type { Tail } from "../../../seal.js";
import type { PgSession } from "../connection/pg-session.js";
import type { Tables } from "../connection/statement.js";
import { tailOfRow, tailSql } from "../event-rows.js";
import type { LogLock } from "../log-lock.js";
import type { PostgresLimits } from "../postgres-options.js";
import { copyLocked } from "./copy-locked.js";
import type { RawLoad } from "./raw-load.js";

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

  /** `uncertain`: an earlier attempt may have committed; then the log ends with what that has sent. */
  append(session: PgSession, load: RawLoad, uncertain: boolean): Promise<Tail> {
    const act = (found: unknown[][]) => this.#appendLocked(session, load, uncertain, tailOfRow(found[0]));
    return this.#lock.runAsking(session, this.#tail, act, this.#limits.bulkTimeoutMs);
  }

  async #appendLocked(session: PgSession, load: RawLoad, uncertain: boolean, tail: Tail): Promise<Tail> {
    if (uncertain && load.sent?.offset === tail.offset && load.sent.hash === tail.hash) return tail;
    const { bulkTimeoutMs: bulkMs } = this.#limits;
    await copyLocked(session, { sql: this.#copyIn, chunks: load.texts(tail), behind: tail.offset, bulkMs });
    const last = load.sent ?? tail;
    // It rings when this commits.
    if (this.#channel !== undefined) await session.script(`SELECT pg_notify('${this.#channel}', '${last.offset}')`);
    return last;
  }
}
