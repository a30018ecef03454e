import { randomInt } from "node:crypto";
import { type ArchiveEntry, baseOf } from "../../../archives.js";
import { archiveOutdated, REDACTION_EPOCH } from "../../../redaction.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import { type ArchiveSteps, STEP_EVENTS } from "./archive-steps.js";

/** In the place of a stream, whose name is never empty: the row says whose notes these are. */
const CLAIM = "";
const MAX_CLAIM = 2 ** 48 - 1;

/**
 * Moves events out of the table, in many short transactions and one that decides. The ids and streams are noted first, which
 * means nothing yet; then the entry is written, and from that instant the events are archived; then the rows go, the oldest
 * first. Only the second holds the writers' lock, for an instant. Whatever a crash leaves is cleared away by the next one.
 *
 * The entry's transaction ends by locking the table against INSERT: an append that looked before it has ended then, and every
 * later one meets the guard of migration 0005, which knows the entry. So rows can go while others append: nobody takes the
 * place of one that has gone.
 */
export class PostgresArchive {
  readonly #steps: ArchiveSteps;
  readonly #end: Statement;
  readonly #epoch: Statement;
  readonly #noteIds: Statement;
  readonly #noteStreams: Statement;
  readonly #noted: Statement;
  readonly #claim: Statement;
  readonly #insert: Statement;

  constructor(steps: ArchiveSteps) {
    const { events, sidecar, archives, archivedStreams, archivedIds } = steps.tables;
    const range = `FROM ${events} WHERE "offset" BETWEEN $1::bigint AND $2::bigint`;
    this.#steps = steps;
    this.#end = statement(`SELECT hash, "commit" FROM ${events} WHERE "offset" = $1::bigint`);
    this.#epoch = statement(`SELECT body FROM ${sidecar} WHERE name = '${REDACTION_EPOCH}'`);
    this.#noteIds = statement(
      `INSERT INTO ${archivedIds} (id, "offset") SELECT id::uuid, "offset" ${range} ON CONFLICT (id) DO NOTHING`,
    );
    this.#noteStreams = statement(
      `INSERT INTO ${archivedStreams} (stream, archive, version) SELECT stream, $3::bigint, max(version) ${range}
       GROUP BY stream ON CONFLICT (stream, archive) DO UPDATE SET version = EXCLUDED.version`,
    );
    this.#noted = statement(
      `SELECT (SELECT count(*) FROM ${archivedIds} WHERE "offset" BETWEEN $1::bigint AND $2::bigint),
         (SELECT count(*) FROM ${archivedStreams} WHERE archive = $2::bigint AND stream <> '${CLAIM}')`,
    );
    this.#claim = statement(
      `DELETE FROM ${archivedStreams} WHERE archive = $1::bigint AND stream = '${CLAIM}' AND version = $2::bigint`,
    );
    this.#insert = statement(
      `INSERT INTO ${archives} ("from", "to", before, hash, recorded_at, streams, file, sha256, bytes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    );
  }

  /** @throws ChainBreakError, RefusedError ARCHIVE_OUTDATED, MovedError; UsageError PERMISSION_DENIED */
  async take(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    const { from, to } = entry;
    const claim = randomInt(1, MAX_CLAIM);
    await this.#steps.step((session) => this.#assertFits(session, entry, redacted));
    await this.#steps.forgetNotes(this.#claimSql(to, claim));
    for (let first = from; first <= to; first += STEP_EVENTS) {
      const last = Math.min(first + STEP_EVENTS - 1, to);
      await this.#note(this.#noteIds, [first, last]);
      await this.#note(this.#noteStreams, [first, last, to]);
    }
    await this.#steps.step((session) => this.#assertNoted(session, entry));
    await this.#steps.decide(async (session, uncertain) => {
      if (!uncertain || !(await this.#isMade(session, entry)))
        await this.#finishLocked(session, entry, redacted, claim);
    });
    // It is archived now, whatever becomes of the rows: the next archive removes what is left of them.
    await this.#steps.clear(to).catch(() => undefined);
  }

  #claimSql(to: number, claim: number): string {
    return `INSERT INTO ${this.#steps.tables.archivedStreams} (stream, archive, version) VALUES ('${CLAIM}', ${to}, ${claim})`;
  }

  async #note(note: Statement, values: readonly number[]): Promise<void> {
    await this.#steps.step((session) => session.affected(note, values, this.#steps.bulkMs));
  }

  async #assertNoted(session: PgSession, entry: ArchiveEntry): Promise<void> {
    const { from, to, streams } = entry;
    const [noted] = await session.rows(this.#noted, [from, to], this.#steps.bulkMs);
    if (countOf(noted?.[0]) === to - from + 1 && countOf(noted?.[1]) === streams) return;
    throw await this.#steps.misfit(session, "somebody else archives, too", entry);
  }

  async #finishLocked(session: PgSession, entry: ArchiveEntry, redacted: string | null, claim: number): Promise<void> {
    await this.#assertFits(session, entry, redacted);
    const { from, to, before, hash, recordedAt, streams, file, sha256, bytes } = entry;
    if ((await session.affected(this.#claim, [to, claim])) === 0)
      throw await this.#steps.misfit(session, "somebody else archives, too", entry);
    await session.affected(this.#insert, [from, to, before, hash, recordedAt, streams, file, sha256, bytes]);
    await this.#steps.switchGuardLocked(session, "ENABLE");
  }

  async #isMade(session: PgSession, { to, hash, sha256 }: ArchiveEntry): Promise<boolean> {
    const last = await this.#steps.archived.last(session);
    return last?.to === to && last.hash === hash && last.sha256 === sha256;
  }

  async #assertFits(session: PgSession, entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#steps.assertHere(session);
    const why = await this.#misfitOf(session, entry);
    if (why !== undefined) throw await this.#steps.misfit(session, why, entry);
    const [epoch] = await session.rows(this.#epoch);
    if ((epoch?.[0] ?? null) !== redacted) throw archiveOutdated(entry.file);
  }

  async #misfitOf(session: PgSession, { from, to, before, hash }: ArchiveEntry): Promise<string | undefined> {
    const last = await this.#steps.archived.last(session);
    const base = baseOf(last === undefined ? [] : [last]);
    if (from !== base.offset + 1 || before !== base.hash) return `the store begins at offset ${base.offset + 1}`;
    if (to >= (await this.#steps.tail(session)).offset) return "no event would stay behind them";
    const [end] = await session.rows(this.#end, [to]);
    if (end?.[0] !== hash) return `the event at offset ${to} is another one`;
    return countOf(end[1]) === to ? undefined : `the append of offset ${to} goes on behind it`;
  }
}
