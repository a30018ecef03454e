import type Database from "better-sqlite3";
import type { ArchivedError } from "../../../errors.js";
import { type ArchiveEntry, archived, archivedForGood, baseOf } from "../../archives.js";
import { EMPTY_TAIL, type Tail } from "../../seal.js";

const COLUMNS = `"from", "to", before, hash, recorded_at AS recordedAt, streams, file, sha256, bytes`;
/** Of what is archived, without rows of an archive that was not finished. */
const DONE = `(SELECT coalesce(max("to"), 0) FROM archives)`;

/** What the database says of the events that lie in archives. A database of an older program has none. */
export class ArchivedRows {
  readonly #db: Database.Database;
  readonly #last: Database.Statement | undefined;
  readonly #version: Database.Statement | undefined;
  readonly #offset: Database.Statement | undefined;

  constructor(db: Database.Database) {
    this.#db = db;
    // A log of an older program, which is only looked at, does not have the tables.
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'archives'").get() === undefined) return;
    this.#last = db.prepare(`SELECT ${COLUMNS} FROM archives ORDER BY "to" DESC LIMIT 1`);
    this.#version = db
      .prepare(`SELECT max(version) FROM archived_streams WHERE stream = ? AND archive <= ${DONE}`)
      .pluck();
    this.#offset = db
      .prepare(`SELECT "offset" FROM archived_ids WHERE id = unhex(replace(?, '-', '')) AND "offset" <= ${DONE}`)
      .pluck();
  }

  /** Oldest first. */
  all(): ArchiveEntry[] {
    if (this.#last === undefined) return [];
    return this.#db.prepare(`SELECT ${COLUMNS} FROM archives ORDER BY "to"`).all() as ArchiveEntry[];
  }

  last(): ArchiveEntry | undefined {
    return this.#last?.get() as ArchiveEntry | undefined;
  }

  /** The event that the first one of the table continues. */
  base(): Tail {
    const last = this.last();
    return last === undefined ? EMPTY_TAIL : baseOf([last]);
  }

  /** Version of a stream at its last archived event; 0 where it has none. */
  versionOf(stream: string): number {
    return (this.#version?.get(stream) as number | null | undefined) ?? 0;
  }

  /** Where the event with this id was archived. */
  idError(id: string): ArchivedError | undefined {
    const offset = this.#offset?.get(id) as number | undefined;
    return offset === undefined ? undefined : this.errorInstead(offset, `the event ${id}, which was appended before,`);
  }

  /** The error where an offset is archived. */
  errorAt(offset: number, what = `offset ${offset}`): ArchivedError | undefined {
    const last = this.last();
    return last !== undefined && offset <= last.to ? archived(what, last) : undefined;
  }

  /** The same for who would change it, or has to compare with it. */
  errorInstead(offset: number, what = `offset ${offset}`): ArchivedError | undefined {
    const last = this.last();
    return last !== undefined && offset <= last.to ? archivedForGood(what, last) : undefined;
  }

  /** The error where a stream has archived events from a version on. */
  errorFrom(stream: string, version: number): ArchivedError | undefined {
    const last = this.last();
    return last !== undefined && version <= this.versionOf(stream) ? archived(`a part of ${stream}`, last) : undefined;
  }
}
