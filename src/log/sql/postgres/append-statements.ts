import type { SealedEvent } from "../../event.js";
import type { Tail } from "../../seal.js";
import { countOf, EVENT_COLUMNS, eventOfRow, TAIL_COLUMNS, tailOfRow } from "./event-rows.js";
import { DURABLE, limit } from "./log-lock.js";
import type { PgSession, SqlValue } from "./pg-session.js";
import type { PostgresLimits } from "./postgres-options.js";
import { type Statement, statement, type Tables } from "./statement.js";

const INSERT_COLUMNS = `"offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash`;

/** What the log looked like at one instant. */
export interface Look {
  readonly tail: Tail;
  /** Of the streams asked for, in their order; 0 where there is none. */
  readonly versions: readonly number[];
  /** Where events with the ids asked for stand. */
  readonly offsets: readonly number[];
}

/** The statements of an append. */
export class AppendStatements {
  readonly #look: Statement;
  readonly #byOffset: Statement;
  readonly #appendOne: Statement;
  readonly #appendMany: Statement;

  /** `channel` is where appends are announced; undefined: nowhere. */
  constructor(tables: Tables, limits: PostgresLimits, channel: string | undefined) {
    this.#look = statement(lookSql(tables));
    this.#byOffset = statement(
      `SELECT ${EVENT_COLUMNS} FROM ${tables.events} WHERE "offset" = ANY ($1::bigint[]) ORDER BY "offset"`,
    );
    const append = (rows: string) => statement(compareAndAppendSql(tables, limits, channel, rows));
    this.#appendOne = append(`SELECT $3::bigint, $3, $6::bigint, $5, $7, $8, $9, $10, $11, $12, $13, $4 FROM head`);
    this.#appendMany = append(
      `SELECT $1::bigint + n, e.commit, e.version, $5, e.id, e.stream, e.type, e.actor, e.meta, e.data, e.salt, e.hash
       FROM head, unnest($6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
         $13::text[], $14::text[], $15::text[])
         WITH ORDINALITY AS e (commit, version, id, stream, type, actor, meta, data, salt, hash, n)`,
    );
  }

  async look(session: PgSession, streams: readonly string[], ids: readonly string[]): Promise<Look> {
    const [row] = await session.rows(this.#look, [streams, ids]);
    const tail = tailOfRow(row);
    return { tail, versions: countsOf(row?.[3]), offsets: countsOf(row?.[4]) };
  }

  async eventsAt(session: PgSession, offsets: readonly number[]): Promise<SealedEvent[]> {
    return (await session.rows(this.#byOffset, [offsets])).map(eventOfRow);
  }

  /**
   * Stores `events`, which were sealed after `tail`, if the log still ends there: one round trip, one transaction.
   * Comparing the hash is comparing the whole history, so versions and ids that were looked up for that tail are right.
   *
   * @returns false where the log ends elsewhere; nothing was written
   */
  compareAndAppend(session: PgSession, tail: Tail, events: readonly SealedEvent[]): Promise<boolean> {
    const last = events.at(-1) as SealedEvent;
    const heads = [tail.offset, tail.hash, last.offset, last.hash, last.recordedAt];
    const [append, values] =
      events.length === 1 ? [this.#appendOne, valuesOfOne(last)] : [this.#appendMany, valuesOfMany(events)];
    return session.affected(append, [...heads, ...values]).then((count) => count > 0);
  }
}

/** One statement sees one snapshot: tail, versions and ids are of the same instant. */
function lookSql({ head, events }: Tables): string {
  return `SELECT ${TAIL_COLUMNS},
    ARRAY(SELECT (SELECT max(version) FROM ${events} e WHERE e.stream = s.stream)
      FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, n) ORDER BY n),
    ARRAY(SELECT "offset" FROM ${events} e WHERE e.id = ANY ($2::text[]))
    FROM ${head}`;
}

/**
 * The settings stand among the conditions, behind those that find the row: so they hold when the UPDATE waits for it.
 * Under READ COMMITTED it then looks at the row again, as it is after whoever held it; under a stricter default of the
 * role it fails with 40001 instead. No row in `head` means no row to insert. (Settings and pg_notify in CTEs of their
 * own, and an answer with a row, made this a fifth slower: 305 against 272 µs, measured.)
 */
function compareAndAppendSql(
  tables: Tables,
  limits: PostgresLimits,
  channel: string | undefined,
  rows: string,
): string {
  const told = channel === undefined ? "1" : `pg_notify('${channel}', "offset"::text)`;
  return `WITH head AS (
      UPDATE ${tables.head} SET "offset" = $3, hash = $4, recorded_at = $5
      WHERE "offset" = $1 AND hash = $2
        AND ${DURABLE} IS NOT NULL AND ${limit("lock_timeout", limits.lockTimeoutMs)} IS NOT NULL
      RETURNING ${told})
    INSERT INTO ${tables.events} (${INSERT_COLUMNS}) ${rows}`;
}

function valuesOfOne({ version, id, stream, type, actor, metaText, dataText, salt }: SealedEvent): SqlValue[] {
  return [version, id, stream, type, actor, metaText, dataText, salt];
}

/** One array a column. Offsets and time follow from the first row and from the head. */
function valuesOfMany(events: readonly SealedEvent[]): SqlValue[] {
  return [
    events.map((event) => event.commit),
    events.map((event) => event.version),
    events.map((event) => event.id),
    events.map((event) => event.stream),
    events.map((event) => event.type),
    events.map((event) => event.actor),
    events.map((event) => event.metaText),
    events.map((event) => event.dataText),
    events.map((event) => event.salt),
    events.map((event) => event.hash),
  ];
}

/** pg hands out an array of bigint as an array of texts. */
function countsOf(value: unknown): number[] {
  return (value as unknown[]).map(countOf);
}
