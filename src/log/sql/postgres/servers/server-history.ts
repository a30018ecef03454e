import { ForkedError } from "../../../../errors.js";
import { EMPTY_TAIL, type Tail } from "../../../seal.js";
import { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, tailOfRow, tailSql } from "../event-rows.js";
import { sqlState } from "../postgres-failures.js";
import { WrongServer } from "./server-role.js";

/** `timeline` is counted up by each promotion; a standby has the `system` of the server that it was copied from. */
interface Lineage {
  readonly system: string;
  readonly timeline: number;
}

/** The end of a log, or of what is known of it. */
export type ChainEnd = Pick<Tail, "offset" | "hash">;

/** Asked of the WAL itself: the control file learns of a promotion only at the next checkpoint. */
const LINEAGE = statement(
  `SELECT CASE WHEN NOT pg_is_in_recovery() THEN (SELECT system_identifier::text FROM pg_control_system()) END,
     CASE WHEN NOT pg_is_in_recovery()
       THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::text END`,
);

/**
 * Keeps one process from going on with another history than the one that it knows. A standby that is promoted may lack the
 * last events that the old primary had confirmed; whoever appended behind them would make a second history, and nobody
 * would notice. So each new connection asks which timeline the server writes, and where that has changed, whether the last
 * event that this process knows is there.
 *
 * A log that was cut back on the same timeline was cut by somebody who may: that is no fork.
 */
export class ServerHistory {
  readonly #url: string;
  readonly #hashAt: Statement;
  readonly #tail: Statement;
  readonly #archived: ArchivedRows;
  readonly #onChange: () => void;
  #lineage: Lineage | undefined;
  #known: ChainEnd = EMPTY_TAIL;
  #written: ChainEnd = EMPTY_TAIL;
  #endsAtCut: ChainEnd | undefined;
  #cuts = 0;

  /** `onChange` is called when another server has taken over, and has all that is known. */
  constructor(url: string, tables: Tables, onChange: () => void) {
    this.#url = url;
    this.#hashAt = statement(`SELECT hash FROM ${tables.events} WHERE "offset" = $1::bigint LIMIT 1`);
    this.#tail = statement(tailSql(tables));
    this.#archived = new ArchivedRows(tables);
    this.#onChange = onChange;
  }

  /** The last event that this process has written or read. */
  get known(): ChainEnd {
    return this.#known;
  }

  /** The log was seen to reach at least so far. */
  saw(tail: ChainEnd): void {
    if (tail.offset > this.#known.offset) this.#known = tail;
  }

  /** The primary's log ended so. `before`: what was known when it was asked; where that is gone, somebody has cut the log back. */
  sawAtPrimary(tail: ChainEnd, before: ChainEnd): void {
    if (tail.offset < before.offset && this.#known === before) this.#shorten(tail);
    else this.saw(tail);
  }

  /** The log ended so when this process appended last. One that is shorter than the time before was cut back. */
  wrote(tail: ChainEnd): void {
    if (tail.offset < this.#written.offset) this.#shorten(tail);
    this.#written = tail;
    this.saw(tail);
  }

  /** This process has cut the log back. */
  cut(tail: ChainEnd): void {
    this.#shorten(tail);
    this.#written = tail;
    this.#endsAtCut = tail;
  }

  /** Nothing is known behind a cut of this process: no hash tells a log that was cut from one that was not yet. */
  get endsAtCut(): boolean {
    return this.#known === this.#endsAtCut;
  }

  /** How often the log was seen to be cut back: what was known of offsets before may be of other events. */
  get cuts(): number {
    return this.#cuts;
  }

  #shorten(tail: ChainEnd): void {
    this.#known = tail;
    this.#cuts++;
  }

  /**
   * To be asked of each new connection. A standby is told nothing of, and so is a server that hides its WAL from its users.
   *
   * @throws WrongServer an old primary that was left behind by a promotion; ForkedError
   */
  async check(session: PgSession): Promise<void> {
    const [before, now] = [this.#lineage, await lineageOf(session)];
    if (now === undefined) return;
    const isSameSystem = now.system === before?.system;
    if (isSameSystem && now.timeline === before.timeline) return;
    if (isSameSystem && now.timeline < before.timeline) {
      throw new WrongServer(`it is on timeline ${now.timeline}, and another server was promoted to ${before.timeline}`);
    }
    if (before !== undefined) await this.#assertKnown(session);
    this.#lineage = now;
    if (before !== undefined) this.#onChange();
  }

  async #assertKnown(session: PgSession): Promise<void> {
    const known = this.#known;
    if (known.offset === 0) return;
    const [found] = await session.rows(this.#hashAt, [known.offset]);
    if (found?.[0] === known.hash) return;
    const archive = found === undefined ? await this.#archived.holding(session, known.offset) : undefined;
    if (archive?.to === known.offset && archive.hash === known.hash) return;
    const [last] = await session.rows(this.#tail);
    const there = found === undefined ? tailOfRow(last) : { offset: known.offset, hash: String(found[0]) };
    throw new ForkedError(this.#url, known, there);
  }
}

async function lineageOf(session: PgSession): Promise<Lineage | undefined> {
  try {
    const [row] = await session.rows(LINEAGE);
    const [system, timeline] = row ?? [];
    return typeof system === "string" ? { system, timeline: countOf(timeline) } : undefined;
  } catch (error) {
    // No such function, or no right to it: some servers that are managed, or only speak the protocol.
    if (/^(42|0A)/.test(sqlState(error) ?? "")) return undefined;
    throw error;
  }
}
