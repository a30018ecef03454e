import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../../../archives.js";
import type { SealedEvent } from "../../../event.js";
import { COPY_COLUMNS, copyChunks } from "../bulk/copy-text.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import { commitWith } from "../log-lock.js";
import { isUniqueViolation } from "../postgres-failures.js";
import type { ArchiveSteps } from "./archive-steps.js";

/**
 * Puts archived events back, in many short transactions and one that decides: rows come in, the newest first, which means
 * nothing yet, because they are those that were there; then the entry goes. What a crash leaves is as good as nothing.
 */
export class PostgresUnarchive {
  readonly #steps: ArchiveSteps;
  readonly #stored: Statement;

  constructor(steps: ArchiveSteps) {
    const { events } = steps.tables;
    this.#steps = steps;
    this.#stored = statement(
      `SELECT count(*), max(hash) FILTER (WHERE "offset" = $2::bigint) FROM ${events}
       WHERE "offset" BETWEEN $1::bigint AND $2::bigint`,
    );
  }

  /** @throws ChainBreakError, MovedError; UsageError PERMISSION_DENIED */
  async giveBack(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    if (!(await this.#steps.decide((session) => this.#isLast(session, entry)))) return;
    await this.#steps.clear(entry.to);
    try {
      await this.#copyBack(entry, events);
      await this.#steps.step((session) => this.#assertBack(session, entry));
      await this.#steps.decide((session) => this.#endLocked(session, entry));
    } catch (error) {
      await this.#steps.clear(entry.to);
      throw error;
    }
    await this.#steps.forgetNotes();
  }

  /** Each event comes in before the one behind it, also where what is given is not what it should be. */
  async #copyBack(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    let next = entry.to;
    for await (const page of events.backwards()) {
      const isNext = [...page].reverse().every(({ offset }) => offset === next--);
      if (!isNext) throw await this.#lacks(entry);
      await this.#steps.step((session) => this.#copyPage(session, entry, page));
    }
  }

  #lacks(entry: ArchiveEntry) {
    return this.#steps.step((session) => this.#steps.misfit(session, "they are not all of them, in order", entry));
  }

  /** May be done twice. Not where others have put them back already: what they may have erased since must not come again. */
  async #copyPage(session: PgSession, entry: ArchiveEntry, page: readonly SealedEvent[]): Promise<void> {
    const { bulkMs, tables } = this.#steps;
    const [last] = await session.script(this.#steps.beginChange(), bulkMs);
    if (countOf(last?.[0]) !== entry.to) throw await this.#steps.misfit(session, "somebody else puts them back", entry);
    await session.script(this.#steps.removeSql(page[0]?.offset ?? 1, page.at(-1)?.offset ?? 0), bulkMs);
    const copyIn = copyStreams.from(`COPY ${tables.events} (${COPY_COLUMNS}) FROM STDIN`);
    try {
      await pipeline(copyChunks(page), session.client.query(Object.assign(copyIn, { query_timeout: bulkMs })));
    } catch (error) {
      throw isUniqueViolation(error) ? archiveMisfit("somebody else puts them back", entry, entry.to) : error;
    }
    await commitWith(() => session.script("COMMIT"));
  }

  async #assertBack(session: PgSession, entry: ArchiveEntry): Promise<void> {
    const { from, to, hash } = entry;
    const [row] = await session.rows(this.#stored, [from, to], this.#steps.bulkMs);
    if (countOf(row?.[0]) === to - from + 1 && row?.[1] === hash) return;
    throw await this.#steps.misfit(session, "they did not all come back", entry);
  }

  /** @returns false where it is not archived any more */
  async #isLast(session: PgSession, entry: ArchiveEntry): Promise<boolean> {
    await this.#steps.assertHere(session);
    const last = await this.#steps.archived.last(session);
    if (last === undefined || last.to < entry.from) return false;
    if (last.to === entry.to && last.hash === entry.hash) return true;
    throw await this.#steps.misfit(session, `the last archive is ${last.from} to ${last.to}`, entry);
  }

  async #endLocked(session: PgSession, entry: ArchiveEntry): Promise<void> {
    if (!(await this.#isLast(session, entry))) return;
    // First, because others who put the same back, or clear up, hold it for an instant: behind it they find nothing to do.
    await session.script(`DELETE FROM ${this.#steps.tables.archives} WHERE "to" = ${entry.to}`);
    await this.#assertBack(session, entry);
    if (entry.from === 1) await this.#steps.switchGuardLocked(session, "DISABLE");
  }
}
