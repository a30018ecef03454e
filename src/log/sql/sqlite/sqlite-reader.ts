import type Database from "better-sqlite3";
import { IntegrityError, type SessionDbError } from "../../../errors.js";
import type { SealedEvent } from "../../event.js";
import { PageFiller } from "../../paging.js";
import { EMPTY_TAIL, type Tail } from "../../seal.js";
import { ArchivedRows } from "./archived-rows.js";
import { EVENT_COLUMNS, eventOfRow } from "./event-rows.js";
import { PageStatement } from "./page-statement.js";

/** Where a page begins: at `first`, or behind the last event of the page before. */
export interface PageStart {
  readonly first: number;
  readonly after: SealedEvent | undefined;
}

/** The first page of a range, and where the range ends. */
export interface StreamBegin {
  /** Empty where there is nothing in the range. */
  readonly page: SealedEvent[];
  /** The last version in the range. */
  readonly last: number;
}

/** Every SELECT of the log. All synchronous: a cursor that is open across an await would keep the WAL growing. */
export class SqliteReader {
  readonly #db: Database.Database;
  /** What is not in the table any more. Asked only where something is missing there. */
  readonly archived: ArchivedRows;
  readonly #tail: Database.Statement;
  readonly #byId: Database.Statement;
  readonly #version: Database.Statement;
  readonly #versionAt: Database.Statement;
  readonly #lastOf: Database.Statement;
  readonly #recordedAt: Database.Statement;
  readonly #hashAt: Database.Statement;
  readonly #page: PageStatement;
  readonly #streamPage: PageStatement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.archived = new ArchivedRows(db);
    this.#tail = db.prepare(
      `SELECT "offset", hash, recorded_at AS recordedAt FROM events ORDER BY "offset" DESC LIMIT 1`,
    );
    this.#byId = db.prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE id = ?`).raw();
    this.#version = db.prepare("SELECT max(version) FROM events WHERE stream = ?").pluck();
    this.#versionAt = db
      .prepare(`SELECT max(version) FROM events WHERE stream = ? AND version <= ? AND "offset" <= ?`)
      .pluck();
    this.#lastOf = db
      .prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE stream = ? AND "offset" <= ? ORDER BY version DESC LIMIT 1`)
      .raw();
    this.#recordedAt = db.prepare(`SELECT recorded_at FROM events WHERE "offset" = ?`).pluck();
    this.#hashAt = db.prepare(`SELECT hash FROM events WHERE "offset" = ?`).pluck();
    this.#page = new PageStatement(db, `"offset" BETWEEN ? AND ? ORDER BY "offset"`);
    // By version, in the order of the index; by offset every page would sort all that is left of the stream.
    this.#streamPage = new PageStatement(db, "stream = ? AND version BETWEEN ? AND ? ORDER BY version");
  }

  tail(): Tail {
    return (this.#tail.get() as Tail | undefined) ?? EMPTY_TAIL;
  }

  /** Hash of the event at this offset; undefined where there is none. */
  hashAt(offset: number): string | undefined {
    const hash = this.#hashAt.get(offset) as string | undefined;
    if (hash !== undefined) return hash;
    const base = this.archived.base();
    return offset > 0 && offset === base.offset ? base.hash : undefined;
  }

  eventById(id: string): SealedEvent | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : eventOfRow(row);
  }

  /** The newest event of the stream up to an offset (inclusive). */
  lastOf(stream: string, maxOffset: number): SealedEvent | undefined {
    const look = () => this.#lastOf.get(stream, maxOffset);
    const row = look() ?? this.#unlessArchived(look, stream, 1);
    return row === undefined ? undefined : eventOfRow(row);
  }

  /** Version of the stream at the tail; 0 where it has no events. */
  versionOf(stream: string): number {
    return (this.#version.get(stream) as number | null) ?? this.archived.versionOf(stream);
  }

  /** The last version of the stream within both bounds; 0 where there is none. */
  versionAt(stream: string, maxVersion: number, maxOffset: number): number {
    return (this.#versionAt.get(stream, maxVersion, maxOffset) as number | null) ?? 0;
  }

  /** Offset of the last event with recordedAt <= limit. Times never go back, so halving finds it. */
  offsetAt(limit: string): number {
    const base = this.archived.base();
    let found = base.offset;
    let beyond = this.tail().offset + 1;
    while (beyond - found > 1) {
      const middle = Math.floor((found + beyond) / 2);
      const recordedAt = this.#recordedAt.get(middle) as string | undefined;
      if (recordedAt === undefined) throw this.#byOffset.missing(middle);
      if (recordedAt <= limit) found = middle;
      else beyond = middle;
    }
    const error = found === base.offset && base.recordedAt > limit ? this.archived.errorAt(found, limit) : undefined;
    if (error !== undefined) throw error;
    return found;
  }

  /** @throws IntegrityError EVENTS_MISSING instead of a page that would be too short */
  page(start: PageStart, last: number): SealedEvent[] {
    const events = this.#page.events(start.after?.offset ?? start.first, last);
    const place = this.#byOffset;
    return neverEmpty(collect(events, start, place), place);
  }

  /** The page of one stream behind `after`; as page. */
  streamPage(stream: string, after: SealedEvent, last: number): SealedEvent[] {
    const place = this.#byVersion(stream);
    const events = this.#streamPage.events(stream, after.version, last);
    return neverEmpty(collect(events, { first: after.version, after }, place), place);
  }

  /**
   * The first page of one stream within both bounds (inclusive). Most streams are shorter than a page: then its rows
   * tell where they end, and no second statement has to.
   */
  streamBegin(stream: string, first: number, maxVersion: number, maxOffset: number): StreamBegin {
    const place = this.#byVersion(stream);
    const look = () => {
      const found = collect(
        this.#streamEvents(stream, first, maxVersion, maxOffset),
        { first, after: undefined },
        place,
      );
      return found.page.length === 0 ? undefined : found;
    };
    const found = first > maxVersion ? undefined : (look() ?? this.#unlessArchived(look, stream, first));
    if (found === undefined) return { page: [], last: 0 };
    const { page, next, isWhole } = found;
    return { page, last: isWhole ? next - 1 : this.versionAt(stream, maxVersion, maxOffset) };
  }

  #streamEvents(stream: string, first: number, maxVersion: number, maxOffset: number): Iterable<SealedEvent> {
    return maxOffset === Number.MAX_SAFE_INTEGER
      ? this.#streamPage.events(stream, first, maxVersion)
      : this.#streamPage.eventsUpTo(maxOffset, stream, first, maxVersion);
  }

  /** Where nothing was found: looks again and asks the archives, both at one instant. @throws ArchivedError */
  #unlessArchived<T>(look: () => T | undefined, stream: string, version: number): T | undefined {
    return this.#db.transaction(() => {
      const found = look();
      const error = found === undefined ? this.archived.errorFrom(stream, version) : undefined;
      if (error !== undefined) throw error;
      return found;
    })();
  }

  readonly #byOffset: Place = {
    of: ({ offset }) => offset,
    missing: (offset) => this.archived.errorAt(offset) ?? missing(`the event at offset ${offset}`, offset),
  };

  #byVersion(stream: string): Place {
    return {
      of: ({ version }) => version,
      missing: (version) => this.archived.errorFrom(stream, version) ?? missing(`version ${version} of ${stream}`),
    };
  }
}

/** What the rows of a page are counted by, and the error where one is not there. */
interface Place {
  of(event: SealedEvent): number;
  missing(place: number): SessionDbError;
}

interface Collected {
  readonly page: SealedEvent[];
  /** The place behind the page. */
  readonly next: number;
  /** False where the page was full before the rows were at their end. */
  readonly isWhole: boolean;
}

/**
 * One page out of `events`, which must follow each other without a gap. Nothing is held open between two pages, so the log
 * may have been cut back meanwhile, and may even have grown again: the last event of the page before is read once more,
 * and must be the same.
 */
function collect(events: Iterable<SealedEvent>, { first, after }: PageStart, place: Place): Collected {
  const filler = new PageFiller();
  let next = after === undefined ? first : place.of(after);
  let known = after;
  for (const event of events) {
    if (place.of(event) !== next || (known !== undefined && known.hash !== event.hash)) throw place.missing(next);
    if (known === undefined && !filler.add(event)) return { page: filler.take(), next, isWhole: false };
    known = undefined;
    next++;
  }
  return { page: filler.take(), next, isWhole: true };
}

function neverEmpty({ page, next }: Collected, place: Place): SealedEvent[] {
  if (page.length === 0) throw place.missing(next);
  return page;
}

function missing(what: string, offset?: number): IntegrityError {
  return new IntegrityError("EVENTS_MISSING", `${what} is no longer there`, {
    ...(offset === undefined ? {} : { offset }),
    hint: "if the log was just cut back, read it again; otherwise run: sessiondb verify",
  });
}
