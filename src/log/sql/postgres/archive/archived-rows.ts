import type { ArchivedError } from "../../../../errors.js";
import { type ArchiveEntry, archived } from "../../../archives.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import { ifThere } from "../if-there.js";

const COLUMNS = `"from", "to", before, hash, recorded_at, streams, file, sha256, bytes`;

/** Where an event that was looked for and not found is. `there`: in the table, now: whoever looks again finds it. */
export type Whereabouts = "there" | "nowhere" | ArchivedError;

/**
 * What the database says of the events that lie in archives. Asked only where something is missing among the events: a log
 * that has all of them is asked nothing more. A log of an older program, which is only looked at, and a standby that is
 * behind, do not have the tables.
 */
export class ArchivedRows {
  readonly #all: Statement;
  readonly #last: Statement;
  readonly #from: Statement;
  readonly #offset: Statement;
  readonly #version: Statement;

  constructor({ events, archives, archivedStreams }: Tables) {
    const last = `SELECT ${COLUMNS} FROM ${archives} ORDER BY "to" DESC LIMIT 1`;
    this.#all = statement(`SELECT ${COLUMNS} FROM ${archives} ORDER BY "to"`);
    this.#last = statement(last);
    this.#from = statement(`SELECT ${COLUMNS} FROM ${archives} WHERE "to" >= $1::bigint ORDER BY "to" LIMIT 1`);
    // One statement, so one instant: else an archive that is put back in between would be neither here nor there.
    this.#offset = statement(
      `SELECT EXISTS (SELECT FROM ${events} WHERE "offset" = $1::bigint), last.*
       FROM (SELECT 1) AS always LEFT JOIN (${last}) AS last ON "to" >= $1::bigint`,
    );
    this.#version = statement(
      `SELECT EXISTS (SELECT FROM ${events} WHERE stream = $1 AND version = $2::bigint), last.*
       FROM (SELECT 1) AS always LEFT JOIN (${last}) AS last ON EXISTS (
         SELECT FROM ${archivedStreams} AS s WHERE s.stream = $1 AND s.version >= $2::bigint AND s.archive <= last."to")`,
    );
  }

  /** Oldest first. */
  async all(session: PgSession): Promise<ArchiveEntry[]> {
    return ((await ifThere(() => session.rows(this.#all))) ?? []).map(entryOf);
  }

  async last(session: PgSession): Promise<ArchiveEntry | undefined> {
    return this.#one(session, this.#last, []);
  }

  /** The archive that holds an offset. */
  async holding(session: PgSession, offset: number): Promise<ArchiveEntry | undefined> {
    return this.#one(session, this.#from, [offset]);
  }

  offset(session: PgSession, offset: number): Promise<Whereabouts> {
    return this.#where(session, this.#offset, [offset], `offset ${offset}`);
  }

  /** Of a version of a stream. */
  version(session: PgSession, stream: string, version: number): Promise<Whereabouts> {
    return this.#where(session, this.#version, [stream, version], `a part of ${stream}`);
  }

  async #one(session: PgSession, ask: Statement, values: readonly number[]): Promise<ArchiveEntry | undefined> {
    const [row] = (await ifThere(() => session.rows(ask, values))) ?? [];
    return row === undefined ? undefined : entryOf(row);
  }

  async #where(
    session: PgSession,
    ask: Statement,
    values: readonly (string | number)[],
    what: string,
  ): Promise<Whereabouts> {
    const [[isThere, ...entry] = []] = (await ifThere(() => session.rows(ask, values))) ?? [];
    if (isThere === true) return "there";
    return entry.length === 0 || entry[0] === null ? "nowhere" : archived(what, entryOf(entry));
  }
}

function entryOf(row: unknown[]): ArchiveEntry {
  // As COLUMNS selects them, from columns of these types.
  const [from, to, before, hash, recordedAt, streams, file, sha256, bytes] = row;
  const texts = { before, hash, recordedAt, file, sha256 } as Pick<
    ArchiveEntry,
    "before" | "hash" | "recordedAt" | "file" | "sha256"
  >;
  return { ...texts, from: countOf(from), to: countOf(to), streams: countOf(streams), bytes: countOf(bytes) };
}
