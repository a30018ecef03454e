import type { SealedEvent } from "../../../event.js";
import { type LastOptions, MAX_PAGE_CHARS, MAX_PAGE_EVENTS } from "../../../event-log.js";
import { knownOr } from "../../../paging.js";
import type { PgSession, SqlValue } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, EVENT_COLUMNS, eventOfRow } from "../event-rows.js";
import { EVENT_TEXT, eventOfText } from "./event-text.js";

/** One page as the server sees it at one instant. */
export interface FetchedPage {
  readonly events: readonly SealedEvent[];
  /** Hash of the event before the first one of the page; undefined where there is none. */
  readonly hashBefore: string | undefined;
}

/** The beginning of a range, and the last place of it at the same instant; 0 where nothing is in it. */
export interface FirstPage {
  readonly events: readonly SealedEvent[];
  readonly last: number;
}

/** The server cuts a page by number and by size, so that no answer holds a thousand events of 16 MiB. */
export class PageStatements {
  readonly #log: Statement;
  readonly #logByColumns: Statement;
  readonly #stream: Statement;
  readonly #streamStart: Statement;
  readonly #streamStartUpTo: Statement;
  readonly #last: Statement;
  readonly #lastUpTo: Statement;
  readonly #isLast: Statement;

  constructor({ events }: Tables) {
    this.#log = statement(nextSql(events, `"offset"`, "true", 1, EVENT_TEXT));
    this.#logByColumns = statement(nextSql(events, `"offset"`, "true", 1));
    this.#stream = statement(nextSql(events, "version", "stream = $1", 2));
    this.#streamStart = statement(startSql(events, "stream = $1"));
    this.#streamStartUpTo = statement(startSql(events, `stream = $1 AND "offset" <= $4`));
    const ofStream = (what: string, where = "stream = $1") =>
      statement(`SELECT ${what} FROM ${events} WHERE ${where} ORDER BY version DESC LIMIT 1`);
    // Three, because a bound that is always true misleads the planner once it plans without values (0.58 against 0.14 ms),
    // and columns that are null where the hash is known cost more than they save (0.085 against 0.041 ms).
    this.#last = ofStream(EVENT_COLUMNS);
    this.#lastUpTo = ofStream(EVENT_COLUMNS, `stream = $1 AND "offset" <= $2`);
    this.#isLast = ofStream("(hash = $2 AND data IS NOT NULL)::text");
  }

  /** Events with offsets from `from` to `to`, both inclusive. */
  async ofLog(session: PgSession, from: number, to: number): Promise<FetchedPage> {
    const range = [from, endOfPage(from, to)];
    const page = pageOfTexts(await session.rows(this.#log, range));
    return page ?? fetchPage(session, this.#logByColumns, range);
  }

  /** Events of one stream with versions from `from` to `to`, both inclusive. */
  ofStream(session: PgSession, stream: string, from: number, to: number): Promise<FetchedPage> {
    return fetchPage(session, this.#stream, [stream, from, endOfPage(from, to)]);
  }

  /**
   * The first of these pages, where the caller does not know yet how far the stream goes: one round trip instead of two,
   * which is most of what a short stream costs. Bounds are inclusive; without `toOffset` offsets have none.
   */
  async startOfStream(
    session: PgSession,
    stream: string,
    from: number,
    to: number,
    toOffset: number | undefined,
  ): Promise<FirstPage> {
    const rows = await (toOffset === undefined
      ? session.rows(this.#streamStart, [stream, from, to])
      : session.rows(this.#streamStartUpTo, [stream, from, to, toOffset]));
    return { events: rows.map(eventOfRow), last: countOf(rows[0]?.at(-1)) };
  }

  /** The newest event of one stream. */
  async lastOf(session: PgSession, stream: string, options: LastOptions): Promise<SealedEvent | undefined> {
    const { toOffset, known } = options;
    if (known !== undefined && toOffset === undefined) {
      const [isLast] = await session.call(this.#isLast, [stream, known.hash]);
      if (isLast === undefined) return undefined;
      if (isLast === "true") return known;
    }
    const [row] = await (toOffset === undefined
      ? session.rows(this.#last, [stream])
      : session.rows(this.#lastUpTo, [stream, toOffset]));
    return row === undefined ? undefined : knownOr(eventOfRow(row), known);
  }
}

/** A page that goes on behind another one, whose last hash it brings. */
function nextSql(events: string, key: string, where: string, from: number, columns = EVENT_COLUMNS): string {
  const before = `SELECT hash FROM ${events} WHERE ${where} AND ${key} = $${from}::bigint - 1`;
  return pageSql(events, key, where, from, before, columns);
}

/** A page of a stream from version $2 to $3, with its last version up to $3. */
function startSql(events: string, where: string): string {
  const last = `SELECT version FROM ${events} WHERE ${where} AND version <= $3::bigint ORDER BY version DESC LIMIT 1`;
  return pageSql(events, "version", where, 2, last);
}

/**
 * Keyset, never OFFSET. The running sum needs no detoasting: octet_length reads the length that is stored. `from` is the
 * number of the first of the two bounds among the parameters; the first row has the answer to one more question.
 */
function pageSql(
  events: string,
  key: string,
  where: string,
  from: number,
  asked: string,
  columns = EVENT_COLUMNS,
): string {
  return `SELECT ${columns}, CASE WHEN nth = 1 THEN (${asked}) END
    FROM (
      SELECT *, row_number() OVER sofar AS nth,
        sum(octet_length(meta) + coalesce(octet_length(data), 0)) OVER sofar AS bytes
      FROM (
        SELECT * FROM ${events} WHERE ${where} AND ${key} BETWEEN $${from}::bigint AND $${from + 1}::bigint
        ORDER BY ${key} LIMIT ${MAX_PAGE_EVENTS}) AS few
      WINDOW sofar AS (ORDER BY ${key} ROWS UNBOUNDED PRECEDING)) AS counted
    WHERE nth = 1 OR bytes <= ${MAX_PAGE_CHARS} ORDER BY ${key}`;
}

/**
 * Places have no gaps. A server that has no statistics of the table yet, as after a migration, may choose to look at the
 * whole range before it takes the first rows of it (17 times as much processor time for 200,000 events, measured).
 */
function endOfPage(from: number, to: number): number {
  return Math.min(to, from + MAX_PAGE_EVENTS - 1);
}

async function fetchPage(session: PgSession, page: Statement, values: readonly SqlValue[]): Promise<FetchedPage> {
  const rows = await session.rows(page, values);
  return { events: rows.map(eventOfRow), hashBefore: hashBefore(rows) };
}

/** @returns undefined where one of the events cannot be read from its text */
function pageOfTexts(rows: unknown[][]): FetchedPage | undefined {
  const events: SealedEvent[] = [];
  for (const row of rows) {
    const event = eventOfText(row[0] as string);
    if (event === undefined) return undefined;
    events.push(event);
  }
  return { events, hashBefore: hashBefore(rows) };
}

function hashBefore([first]: unknown[][]): string | undefined {
  const hash = first?.at(-1);
  return typeof hash === "string" ? hash : undefined;
}
