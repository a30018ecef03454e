import { MovedError, UsageError } from "../../../../errors.js";
import { type ArchiveEntry, archiveMisfit } from "../../../archives.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, tailOfRow, tailSql } from "../event-rows.js";
import { ALLOW_CHANGE, type LogLock, limit } from "../log-lock.js";
import { eventsTable } from "../partitions/partition-catalog.js";
import { dropPartitionsBelow } from "../partitions/partition-drop.js";
import type { PostgresActs } from "../postgres-acts.js";
import { PostgresFreeze } from "../postgres-freeze.js";
import type { PostgresLimits } from "../postgres-options.js";
import { ArchivedRows } from "./archived-rows.js";

/** Events of one statement that holds up nobody. */
export const STEP_EVENTS = 10_000;
/** For the table, while the writers' lock is held: a vacuum under way may keep it for long, and appends must not wait for that. */
const TABLE_LOCK_MS = 2_000;
const OPERATION = "archive";

export interface ArchiveOptions {
  readonly tables: Tables;
  readonly lock: LogLock;
  readonly limits: PostgresLimits;
  readonly acts: PostgresActs;
  readonly url: string;
}

/** What archiving and putting back are made of: short transactions that hold up nobody, and those under the writers' lock. */
export class ArchiveSteps {
  readonly tables: Tables;
  readonly archived: ArchivedRows;
  /** For one statement over many rows. */
  readonly bulkMs: number;
  readonly #options: ArchiveOptions;
  readonly #freeze: PostgresFreeze;
  readonly #tail: Statement;
  readonly #first: Statement;
  readonly #mayChange: Statement;

  constructor(options: ArchiveOptions) {
    const { tables, lock, limits } = options;
    this.tables = tables;
    this.archived = new ArchivedRows(tables);
    this.bulkMs = limits.bulkTimeoutMs;
    this.#options = options;
    this.#freeze = new PostgresFreeze(tables, lock);
    this.#tail = statement(tailSql(tables));
    this.#mayChange = statement(
      `SELECT pg_has_role(relowner, 'USAGE'), current_user::text FROM pg_catalog.pg_class
       WHERE oid = '${tables.events}'::regclass`,
    );
    this.#first = statement(`SELECT min("offset") FROM ${tables.events}`);
  }

  /** Under the writers' lock. `uncertain`: an earlier attempt may have committed. */
  decide<T>(act: (session: PgSession, uncertain: boolean) => Promise<T>): Promise<T> {
    const { acts, lock } = this.#options;
    return acts.change(OPERATION, (session, uncertain) => lock.run(session, () => act(session, uncertain)));
  }

  /** What may be done twice, while others write. */
  step<T>(act: (session: PgSession) => Promise<T>): Promise<T> {
    return this.#options.acts.change(OPERATION, act);
  }

  /**
   * The last thing that is done under the writers' lock: keeps appends out, and waits for those that looked before. Where that
   * takes long it is given up, and all of it tried again.
   */
  async switchGuardLocked(session: PgSession, state: "ENABLE" | "DISABLE"): Promise<void> {
    const { events } = this.tables;
    await session.script(
      `SELECT ${limit("lock_timeout", TABLE_LOCK_MS)}; LOCK TABLE ${events} IN SHARE ROW EXCLUSIVE MODE;
       ALTER TABLE ${events} ${state} TRIGGER events_archived`,
    );
  }

  /**
   * Rows of archived events may be removed and written until this transaction ends, and what is archived stays so: else
   * somebody who is late would touch events that are back.
   */
  beginChange(): string {
    return `BEGIN ISOLATION LEVEL READ COMMITTED; ${ALLOW_CHANGE};
      SELECT "to" FROM ${this.tables.archives} ORDER BY "to" DESC LIMIT 1 FOR SHARE`;
  }

  /** Notes of ids and streams that belong to no archive; those of one that is under way among them: it notices. */
  async forgetNotes(claim = ""): Promise<void> {
    const { archives, archivedIds, archivedStreams } = this.tables;
    const behind = `> (SELECT coalesce(max("to"), 0) FROM ${archives})`;
    const sql = `BEGIN; DELETE FROM ${archivedIds} WHERE "offset" ${behind};
      DELETE FROM ${archivedStreams} WHERE archive ${behind}; ${claim}; COMMIT`;
    await this.step((session) => session.script(sql, this.bulkMs));
  }

  /** Removes rows of archived events. Both bounds are inclusive. */
  removeSql(first: number, last: number): string {
    const { events, archives } = this.tables;
    return `DELETE FROM ${events} WHERE "offset" BETWEEN ${first} AND ${last}
      AND "offset" <= (SELECT coalesce(max("to"), 0) FROM ${archives})`;
  }

  /** Removes all rows of archived events up to an offset (inclusive), the oldest first; of partitions that are archived whole, these. */
  async clear(to: number): Promise<void> {
    await this.#dropPartitions(to).catch(() => undefined); // held by a reader that takes long: their rows go, one by one
    const [row] = await this.step((session) => session.rows(this.#first));
    for (let first = countOf(row?.[0]); first <= to; first += STEP_EVENTS) {
      const sql = this.removeSql(first, Math.min(first + STEP_EVENTS - 1, to));
      await this.step((session) => session.script(`${this.beginChange()}; ${sql}; COMMIT`, this.bulkMs));
    }
  }

  async #dropPartitions(to: number): Promise<void> {
    const table = await this.step((session) => eventsTable(session, this.tables, this.#options.url));
    if (table.kind !== "p") return;
    await this.decide(async (session) => {
      const last = await this.archived.last(session);
      await session.script(`SELECT ${limit("lock_timeout", TABLE_LOCK_MS)}`);
      // Somebody may have put them back meanwhile.
      await dropPartitionsBelow(session, this.tables, table, Math.min(to, last?.to ?? 0) + 1, this.bulkMs);
    });
  }

  /** So that the next events take the room. Autovacuum would do it some time later: that it fails here is no failure. */
  async vacuum(): Promise<void> {
    const { events, archivedIds, archivedStreams } = this.tables;
    for (const table of [events, archivedIds, archivedStreams]) {
      await this.step((session) => session.script(`VACUUM (ANALYZE) ${table}`, this.bulkMs)).catch(() => undefined);
    }
  }

  /** Rows are removed, and the guard switched, by who has the table. @throws UsageError PERMISSION_DENIED */
  async assertOwner(): Promise<void> {
    const [row] = await this.step((session) => session.rows(this.#mayChange));
    if (row?.[0] !== false) return;
    const message = `${this.#options.url}: only the owner of its tables archives and puts back, and ${row[1]} is not; nothing was changed`;
    throw new UsageError("PERMISSION_DENIED", message, {
      hint: "open it as the owner: sessiondb roles --sql names the roles",
    });
  }

  /** @throws MovedError */
  async assertHere(session: PgSession): Promise<void> {
    const movedTo = await this.#freeze.movedTo(session);
    if (movedTo !== null) throw new MovedError(this.#options.url, movedTo);
  }

  async tail(session: PgSession) {
    const [row] = await session.rows(this.#tail);
    return tailOfRow(row);
  }

  async misfit(session: PgSession, why: string, entry: ArchiveEntry) {
    return archiveMisfit(why, entry, (await this.tail(session)).offset);
  }
}
