import type { SealedEvent } from "../../../event.js";
import { GENESIS_HASH } from "../../../hash-chain.js";
import type { Tail } from "../../../seal.js";
import type { PgSession, SqlValue } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, EVENT_COLUMNS, eventOfRow, tailOfRow, tailSql } from "../event-rows.js";
import { DURABLE, tryLock } from "../log-lock.js";

const INSERT_COLUMNS = `"offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash`;

/** A table with so many rows is planned to be looked into by its key, in any way of asking; the plainest is 15 µs cheaper. */
const LONG_LOG_EVENTS = 1000;
/** A question about more streams and ids than these is asked by itself, with its values apart. */
const MAX_WRITTEN_OUT = 16;

/** What the log looked like at one instant. */
export interface Look {
  readonly tail: Tail;
  /** Of the streams asked for, in their order; 0 where there is none. */
  readonly versions: readonly number[];
  /** Where events with the ids asked for stand. */
  readonly offsets: readonly number[];
  /** Those of the ids asked for whose events are archived; undefined where archives are there, and were not asked. */
  readonly archived: readonly string[] | undefined;
}

/** The statements of an append. */
export class AppendStatements {
  readonly #tables: Tables;
  readonly #look: Statement;
  readonly #lookIntoArchives: Statement;
  /** Whether anything was archived when it was last asked. Each answer says so, and only tells which question comes first. */
  #hasArchives = false;
  readonly #byOffset: Statement;
  readonly #appendOne: Statement;
  readonly #appendOneToLong: Statement;
  readonly #appendMany: Statement;
  readonly #appendBelieved: Statement;

  constructor(tables: Tables) {
    const condition = `${endsAtTail(tables)} AND ${appendCondition(tables)}`;
    const one = `SELECT $1::bigint + 1, $1 + 1, $4::bigint, $3, $5, $6, $7, $8, $9, $10, $11, $12`;
    const insert = `INSERT INTO ${tables.events} (${INSERT_COLUMNS})`;
    this.#tables = tables;
    this.#look = statement(lookSql(tables, "$1::text[]", "$2::text[]", false));
    this.#lookIntoArchives = statement(lookSql(tables, "$1::text[]", "$2::text[]", true));
    this.#byOffset = statement(
      `SELECT ${EVENT_COLUMNS} FROM ${tables.events} WHERE "offset" = ANY ($1::bigint[]) ORDER BY "offset"`,
    );
    this.#appendOne = statement(`${insert} ${one} WHERE ${condition}`);
    this.#appendOneToLong = statement(
      // LIMIT keeps the server from planning anew for each append, to leave partitions out that it passes over anyway.
      `${insert} ${one} FROM (SELECT hash AS last FROM ${tables.events} WHERE "offset" = $1 LIMIT 1) AS tail
       WHERE last = $2 AND ${appendCondition(tables)}`,
    );
    const many = (where: string) =>
      statement(`WITH free AS MATERIALIZED (SELECT 1 WHERE ${where})
       ${insert} SELECT $1::bigint + n, e.commit, e.version, $3, e.id, e.stream, e.type, e.actor, e.meta, e.data, e.salt, e.hash
       FROM free, unnest($4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
         $11::text[], $12::text[], $13::text[])
         WITH ORDINALITY AS e (commit, version, id, stream, type, actor, meta, data, salt, hash, n)`);
    this.#appendMany = many(condition);
    this.#appendBelieved = many(`${condition} AND ${hasVersions(tables, "$14::text[]", "$15::bigint[]")}`);
  }

  async look(session: PgSession, streams: readonly string[], ids: readonly string[]): Promise<Look> {
    const first = this.#hasArchives ? undefined : this.lookOf(await session.rows(this.#look, [streams, ids]));
    if (first !== undefined && first.archived !== undefined) return first;
    return this.lookOf(await session.rows(this.#lookIntoArchives, [streams, ids]));
  }

  /** What look asks first, as SQL without parameters whose rows lookOf reads; undefined where that would be long. */
  question(streams: readonly string[], ids: readonly string[]): string | undefined {
    if (streams.length + ids.length > MAX_WRITTEN_OUT) return undefined;
    return lookSql(this.#tables, textArray(streams), textArray(ids), this.#hasArchives);
  }

  lookOf([row]: readonly unknown[][]): Look {
    const [, , , versions, offsets, hasArchives, archived] = row ?? [];
    this.#hasArchives = hasArchives === true;
    const known = this.#hasArchives ? (archived as string[] | undefined) : [];
    return { tail: tailOfRow(row), versions: countsOf(versions), offsets: countsOf(offsets), archived: known };
  }

  async eventsAt(session: PgSession, offsets: readonly number[]): Promise<SealedEvent[]> {
    return (await session.rows(this.#byOffset, [offsets])).map(eventOfRow);
  }

  /**
   * Stores `events`, which were sealed after `tail`, if the log still ends there: one round trip, one transaction.
   * Comparing the hash is comparing the whole history, so versions and ids that were looked up for that tail are right.
   *
   * `believed`: versions of streams that were not looked up; they are, here.
   *
   * @returns how many events were written: all, or none where the log ends elsewhere, a version that was believed is not
   *   there, others hold the lock, or the role's isolation is stricter than the argument in {@link appendCondition} allows
   * @throws the driver's unique violation where somebody was faster by a hair, or an id stands in the log
   */
  compareAndAppend(
    session: PgSession,
    tail: Tail,
    events: readonly SealedEvent[],
    believed: ReadonlyMap<string, number> = new Map(),
  ): Promise<number> {
    const last = events.at(-1) as SealedEvent;
    const ends = [String(tail.offset), tail.hash, last.recordedAt];
    const unseen = [...believed].filter(([, version]) => version > 0);
    if (unseen.length > 0) {
      const versions = [unseen.map(([stream]) => stream), unseen.map(([, version]) => version)];
      return session.affected(this.#appendBelieved, [...ends, ...valuesOfMany(events), ...versions]);
    }
    if (events.length === 1) {
      const append = tail.offset < LONG_LOG_EVENTS ? this.#appendOne : this.#appendOneToLong;
      return session.insert(append, ends.concat(valuesOfOne(last)));
    }
    return session.affected(this.#appendMany, [...ends, ...valuesOfMany(events)]);
  }
}

/** In hexadecimal digits, so that no text can be taken for SQL, whatever settings and encodings say of quotes. */
function textArray(texts: readonly string[]): string {
  const literals = texts.map((text) => `convert_from(decode('${Buffer.from(text).toString("hex")}', 'hex'), 'UTF8')`);
  return `ARRAY[${literals.join(", ")}]::text[]`;
}

/**
 * One statement sees one snapshot: tail, versions and ids are of the same instant. Archives are asked only where there are
 * some: a statement about five tables is planned anew each time (280 against 50 µs, measured; to know that there are none
 * costs 2 of them).
 */
function lookSql(tables: Tables, streams: string, ids: string, intoArchives: boolean): string {
  const { events, archives, archivedStreams, archivedIds } = tables;
  const version = `(SELECT max(version) FROM ${events} e WHERE e.stream = s.stream)`;
  const last = `(SELECT coalesce(max("to"), 0) FROM ${archives})`;
  const archivedVersion = `(SELECT max(version) FROM ${archivedStreams} a WHERE a.stream = s.stream AND a.archive <= ${last})`;
  const archivedOnes = `ARRAY(SELECT id::text FROM ${archivedIds} a
    WHERE a.id = ANY (${ids}::uuid[]) AND a."offset" <= ${last})`;
  return `SELECT tail.*,
    ARRAY(SELECT ${intoArchives ? `coalesce(${version}, ${archivedVersion})` : version}
      FROM unnest(${streams}) WITH ORDINALITY AS s (stream, n) ORDER BY n),
    ARRAY(SELECT "offset" FROM ${events} e WHERE e.id = ANY (${ids})),
    EXISTS (SELECT FROM ${archives})${intoArchives ? `, ${archivedOnes}` : ""}
    FROM (SELECT 1) AS always LEFT JOIN (${tailSql(tables)}) AS tail ON true`;
}

/**
 * What must hold for an append in one statement, besides that the event at the tail is there. No row but those of the
 * events is written for it: the primary key is what compares and swaps. Why that is right:
 *
 * - The event at the tail is visible and the next offset is free, or the unique index refuses: so offsets have no gaps,
 *   and become visible in order.
 * - The lock is taken in passing or not at all. Others that append therefore never meet this statement half-way, it
 *   never waits for them (and needs no limit for that), and those who queue for the lock are not overtaken.
 * - The statement may see the log as it was before the lock was free. Events that were added since are in the unique
 *   index all the same. Events that were cut off since would leave a gap: so cutting locks the table against INSERT, a
 *   lock that this statement holds from before it looks. Only READ COMMITTED looks that late; under a stricter default
 *   of the role, every append takes the lock first, in a transaction whose isolation is ours.
 *
 * (Settings in CTEs of their own, or an answer with a row, cost 40 µs of 300, measured; a row of the tail that each append
 * updates, as earlier versions had it, costs another 30.) Nothing is announced here: see announcer.ts.
 */
function appendCondition(tables: Tables): string {
  const looksLate = `current_setting('transaction_isolation') = 'read committed'`;
  return [looksLate, tryLock(tables), DURABLE].join(" AND ");
}

/**
 * Each stream has an event of this version; that it has none behind it, the unique index sees to when the next one is
 * stored. LIMIT keeps each look a look into the index, however small the table is when this is planned.
 */
function hasVersions({ events }: Tables, streams: string, versions: string): string {
  const found = `(SELECT v.version FROM ${events} v WHERE v.stream = b.stream AND v.version = b.version LIMIT 1)`;
  return `(SELECT bool_and(${found} IS NOT NULL) FROM unnest(${streams}, ${versions}) AS b (stream, version))`;
}

/**
 * True also where both the log and `$1` are at their beginning. ORDER BY and LIMIT keep a table that is small when this
 * is planned from being read whole when it has grown.
 */
function endsAtTail({ events }: Tables): string {
  return `coalesce((SELECT hash FROM ${events} WHERE "offset" >= $1 ORDER BY "offset" LIMIT 1), '${GENESIS_HASH}') = $2`;
}

function valuesOfOne(event: SealedEvent): string[] {
  const { version, id, stream, type, actor, metaText, dataText, salt, hash } = event;
  // A new event has data and salt: only redaction takes them away.
  return [String(version), id, stream, type, actor, metaText, dataText as string, salt as string, hash];
}

/** One array a column. Offsets and time follow from what all events have in common. */
function valuesOfMany(events: readonly SealedEvent[]): SqlValue[] {
  return [
    events.map((event) => event.commit),
    events.map((event) => event.version),
    events.map((event) => event.id),
    events.map((event) => event.stream),
    events.map((event) => event.type),
    events.map((event) => event.actor),
    events.map((event) => event.metaText),
    events.map((event) => event.dataText as string), // as in valuesOfOne
    events.map((event) => event.salt as string),
    events.map((event) => event.hash),
  ];
}

/** pg hands out an array of bigint as an array of texts. */
function countsOf(value: unknown): number[] {
  return (value as unknown[]).map(countOf);
}
