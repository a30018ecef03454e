import type Database from "better-sqlite3";
import { IntegrityError } from "../../../errors.js";
import type { SqliteReader } from "./sqlite-reader.js";

/** By which events are looked up. Each lists every row once, so it also knows of rows that its table has lost. */
const INDEXES = [
  { name: "events_id", key: "id", value: "?" },
  { name: "events_stream_version", key: "stream, version", value: "?, ?" },
];
/** Entries that are counted in one look, which takes a few milliseconds. */
const ENTRIES_AT_ONCE = 10_000;

/** What an index lists. */
interface Listed {
  /** Entries of events within the range that was asked for. */
  readonly count: number;
  /** Of all entries; 0 where there are none. */
  readonly lastOffset: number;
}

/** Runs one synchronous look at the database. */
type Look = <T>(act: () => T) => Promise<T>;

/**
 * Compares the indexes with the events up to `to` (inclusive), which were read and found whole. A table whose last pages
 * were lost is a valid shorter one: that its indexes know more is what tells. An index that lists fewer makes streams
 * shorter that are read by it, and lets ids be used twice.
 *
 * Counted in steps, between which others may write; what then does not fit is counted again at one instant.
 *
 * @returns what is wrong; undefined where nothing is
 */
export async function indexFault(
  db: Database.Database,
  reader: SqliteReader,
  to: number,
  look: Look,
): Promise<IntegrityError | undefined> {
  for (const index of INDEXES) {
    const isThere = () => db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?").get(index.name);
    if ((await look(isThere)) === undefined) return damaged(index.name, "it is not there");
    const range = await look((): Range => ({ base: reader.archived.base().offset, to }));
    const listed = await countInSteps(db, index, range, look);
    if (listed !== undefined && (await look(() => faultOf(index, listed, range, reader))) === undefined) continue;
    const fault = await look(db.transaction(() => faultAtOnce(db, index, to, reader)));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Events behind `base` (exclusive), where the archives end, up to `to` (inclusive). */
interface Range {
  readonly base: number;
  readonly to: number;
}

type Index = (typeof INDEXES)[number];

/** @returns undefined where the keys do not come in their order */
async function countInSteps(
  db: Database.Database,
  { name, key, value }: Index,
  range: Range,
  look: Look,
): Promise<Listed | undefined> {
  const entries = `FROM events INDEXED BY ${name} WHERE (${key}) > (${value})`;
  const step = db.prepare(`SELECT ${key} ${entries} ORDER BY ${key} LIMIT 1 OFFSET ${ENTRIES_AT_ONCE - 1}`).raw();
  const within = db.prepare(`SELECT ${counted(range)} ${entries} AND (${key}) <= (${value})`);
  const rest = db.prepare(`SELECT ${counted(range)} ${entries}`);
  let [count, lastOffset] = [0, 0];
  for (let after: unknown[] = key.split(",").map(() => ""); ; ) {
    const { end, listed } = await look(() => {
      const end = step.get(after) as unknown[] | undefined;
      return { end, listed: (end === undefined ? rest.get(after) : within.get(after, end)) as Listed };
    });
    count += listed.count;
    lastOffset = Math.max(lastOffset, listed.lastOffset);
    if (end === undefined) return { count, lastOffset };
    if (listed.count === 0 && listed.lastOffset === 0) return undefined;
    after = end;
  }
}

function faultAtOnce(
  db: Database.Database,
  index: Index,
  to: number,
  reader: SqliteReader,
): IntegrityError | undefined {
  const range = { base: reader.archived.base().offset, to };
  const listed = db.prepare(`SELECT ${counted(range)} FROM events INDEXED BY ${index.name}`).get() as Listed;
  return faultOf(index, listed, range, reader);
}

/** Not min and max of the column alone: those SQLite asks the table for. */
function counted({ base, to }: Range): string {
  const within = `"offset" > ${base} AND "offset" <= ${to}`;
  return `count(*) FILTER (WHERE ${within}) AS count, coalesce(max(+"offset"), 0) AS lastOffset`;
}

function faultOf(
  { name }: Index,
  listed: Listed,
  { base, to }: Range,
  reader: SqliteReader,
): IntegrityError | undefined {
  const { offset: last } = reader.tail();
  if (listed.lastOffset > last) {
    const what = `the log ends at offset ${last}, but its index ${name} knows of events up to ${listed.lastOffset}`;
    return new IntegrityError("EVENTS_MISSING", what, {
      offset: last + 1,
      hint: "copy the file aside, and restore a backup or another copy of this log",
    });
  }
  const expected = Math.max(0, Math.min(to, last) - base);
  return listed.count === expected ? undefined : damaged(name, `it lists ${listed.count} of ${expected} events`);
}

function damaged(name: string, why: string): IntegrityError {
  return new IntegrityError("INDEX_DAMAGED", `the index ${name} does not fit the events, which are whole: ${why}`, {
    hint: "migrate the log to a new file: that makes its indexes anew; this file may have other damages",
  });
}
