import { setImmediate as nextTurn } from "node:timers/promises";
import type Database from "better-sqlite3";
import { MovedError } from "../../../errors.js";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../../archives.js";
import { archiveOutdated, REDACTION_EPOCH } from "../../redaction.js";
import { EventInserter } from "./append/event-inserter.js";
import { WriteTransaction } from "./append/write-transaction.js";
import type { OwnFiles } from "./file/own-files.js";
import type { RunOnLog } from "./run-on-log.js";
import { frozenFor } from "./sqlite-freeze.js";
import type { SqliteReader } from "./sqlite-reader.js";

/** Events of one transaction: writers wait for some tens of milliseconds. */
const STEP_EVENTS = 4_000;

/**
 * Moves events out of the table and back, in many short transactions and one that decides.
 *
 * Out: the ids and streams are noted first, which means nothing yet; then the entry is written, and from that instant the
 * events are archived; then the rows go, the oldest first. Back: rows come in, the newest first, which means nothing either,
 * because they are those that were there; then the entry goes. So at every instant the rows of archived events are the last
 * ones of them, and what is read of a stream's end is right. Whatever a crash leaves is cleared away by the next one.
 */
export class SqliteArchive {
  readonly #db: Database.Database;
  readonly #reader: SqliteReader;
  readonly #url: string;
  readonly #run: RunOnLog;
  readonly #transaction: WriteTransaction;

  constructor(db: Database.Database, files: OwnFiles, reader: SqliteReader, url: string, run: RunOnLog) {
    this.#db = db;
    this.#reader = reader;
    this.#url = url;
    this.#run = run;
    this.#transaction = new WriteTransaction(db, files);
  }

  /** @throws ChainBreakError, RefusedError ARCHIVE_OUTDATED, MovedError */
  async take(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#write(() => this.#beginLocked(entry, redacted));
    for (let from = entry.from; from <= entry.to; from += STEP_EVENTS) {
      await this.#write(() => this.#noteLocked(from, Math.min(from + STEP_EVENTS - 1, entry.to), entry.to));
    }
    await this.#write(() => this.#finishLocked(entry, redacted));
    await this.clear(entry.to);
  }

  /** Removes rows of archived events up to an offset (inclusive); none that somebody has put back meanwhile. */
  async clear(to: number): Promise<void> {
    const sql = `DELETE FROM events WHERE "offset" IN
      (SELECT "offset" FROM events WHERE "offset" <= ? ORDER BY "offset" LIMIT ${STEP_EVENTS})`;
    const step = () => this.#db.prepare(sql).run(Math.min(to, this.#reader.archived.base().offset)).changes;
    while ((await this.#write(step)) > 0);
  }

  /** @throws ChainBreakError, MovedError */
  async giveBack(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    const isThere = await this.#write(() => this.#isLastLocked(entry));
    if (!isThere) return;
    await this.clear(entry.to);
    try {
      await this.#insert(entry, events);
      await this.#write(() => this.#endLocked(entry));
    } catch (error) {
      await this.clear(entry.to);
      throw error;
    }
  }

  /**
   * Each event comes in before the one behind it, also where what is given is not what it should be. It ends where somebody
   * else has put them back.
   */
  async #insert(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    const inserter = new EventInserter(this.#db);
    let next = entry.to;
    for await (const page of events.backwards()) {
      for (const event of [...page].reverse()) {
        if (event.offset !== next--) throw this.#misfit(`offset ${next + 1} is not among them`, entry);
      }
      const isArchived = await this.#write(() => {
        if (!this.#isLastLocked(entry)) return false;
        inserter.insertLocked(page);
        return true;
      });
      if (!isArchived) return;
    }
  }

  /** One transaction; the rest of the program, and other writers, get a turn behind it. */
  async #write<T>(act: () => T): Promise<T> {
    const result = await this.#run("archive", () => this.#transaction.run(act));
    await nextTurn();
    return result;
  }

  #beginLocked(entry: ArchiveEntry, redacted: string | null): void {
    this.#assertFitsLocked(entry, redacted);
    const { offset } = this.#reader.archived.base();
    this.#db.prepare('DELETE FROM archived_ids WHERE "offset" > ?').run(offset);
    this.#db.prepare("DELETE FROM archived_streams WHERE archive > ?").run(offset);
  }

  #noteLocked(from: number, to: number, archive: number): void {
    const range = `FROM events WHERE "offset" BETWEEN ? AND ?`;
    this.#db
      .prepare(`INSERT OR REPLACE INTO archived_ids SELECT unhex(replace(id, '-', '')), "offset" ${range}`)
      .run(from, to);
    this.#db
      .prepare(
        `INSERT INTO archived_streams SELECT stream, ?, max(version) ${range} GROUP BY stream
         ON CONFLICT (stream, archive) DO UPDATE SET version = excluded.version`,
      )
      .run(archive, from, to);
  }

  #finishLocked(entry: ArchiveEntry, redacted: string | null): void {
    this.#assertFitsLocked(entry, redacted);
    const { from, to, before, hash, recordedAt, streams, file, sha256, bytes } = entry;
    const ids = this.#db
      .prepare('SELECT count(*) FROM archived_ids WHERE "offset" BETWEEN ? AND ?')
      .pluck()
      .get(from, to);
    const noted = this.#db.prepare("SELECT count(*) FROM archived_streams WHERE archive = ?").pluck().get(to);
    if (ids !== to - from + 1 || noted !== streams) throw this.#misfit("somebody else archives, too", entry);
    this.#db
      .prepare(
        `INSERT INTO archives ("from", "to", before, hash, recorded_at, streams, file, sha256, bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(from, to, before, hash, recordedAt, streams, file, sha256, bytes);
  }

  #assertFitsLocked(entry: ArchiveEntry, redacted: string | null): void {
    this.#assertHereLocked();
    const { from, to, before, hash } = entry;
    const base = this.#reader.archived.base();
    if (from !== base.offset + 1 || before !== base.hash)
      throw this.#misfit(`the store begins at offset ${base.offset + 1}`, entry);
    if (to >= this.#reader.tail().offset) throw this.#misfit("no event would stay behind them", entry);
    const last = this.#db.prepare('SELECT hash, "commit" FROM events WHERE "offset" = ?').get(to) as
      | { hash: string; commit: number }
      | undefined;
    if (last?.hash !== hash) throw this.#misfit(`the event at offset ${to} is another one`, entry);
    if (last.commit !== to) throw this.#misfit(`the append of offset ${to} goes on behind it`, entry);
    const epoch = this.#db.prepare("SELECT body FROM sidecar WHERE name = ?").pluck().get(REDACTION_EPOCH) ?? null;
    if (epoch !== redacted) throw archiveOutdated(entry.file);
  }

  /** @returns false where it is not archived any more */
  #isLastLocked(entry: ArchiveEntry): boolean {
    this.#assertHereLocked();
    const last = this.#reader.archived.last();
    if (last === undefined || last.to < entry.from) return false;
    if (last.to === entry.to && last.hash === entry.hash) return true;
    throw this.#misfit(`the last archive is ${last.from} to ${last.to}`, entry);
  }

  #endLocked(entry: ArchiveEntry): void {
    if (!this.#isLastLocked(entry)) return;
    const { from, to, hash } = entry;
    const rows = this.#db.prepare('SELECT count(*) FROM events WHERE "offset" BETWEEN ? AND ?').pluck().get(from, to);
    const last = this.#db.prepare('SELECT hash FROM events WHERE "offset" = ?').pluck().get(to);
    if (rows !== to - from + 1 || last !== hash) throw this.#misfit("they did not all come back", entry);
    this.#db.prepare('DELETE FROM archives WHERE "to" = ?').run(to);
    this.#db.prepare("DELETE FROM archived_streams WHERE archive = ?").run(to);
    this.#db.prepare('DELETE FROM archived_ids WHERE "offset" >= ?').run(from);
  }

  #assertHereLocked(): void {
    const movedTo = frozenFor(this.#db);
    if (movedTo !== null) throw new MovedError(this.#url, movedTo);
  }

  #misfit(why: string, entry: ArchiveEntry) {
    return archiveMisfit(why, entry, this.#reader.tail().offset);
  }
}
