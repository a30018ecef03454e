import type Database from "better-sqlite3";
import { RAW_COLUMNS, RAW_NULL, type RawRange, type RawRows } from "../../raw-rows.js";
import { REDACTIONS_STREAM } from "../../redaction.js";
import { EMPTY_TAIL, type Tail } from "../../seal.js";
import type { SqliteReader } from "./sqlite-reader.js";

/** As long as the rest of the program waits for. */
const MAX_ROWS = 50_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** A number is told in at most so many characters. */
const ROOM_FOR_NUMBERS = 3 * 20;
const [TAB, NEWLINE, NULL] = [9, 10, RAW_NULL.charCodeAt(0)];
const COLUMNS = RAW_COLUMNS.split(", ");
const NULLABLE: ReadonlySet<string> = new Set(["data", "salt", "data_hash"]);
const IN_RANGE = `FROM events WHERE "offset" BETWEEN ? AND ?`;

/** What a range of rows is like, before its text is made. */
interface Facts {
  readonly count: number;
  readonly nulls: number;
  readonly bytes: number;
  readonly redactions: number;
}

/** Rows as one text, which SQLite itself puts together: a tenth of what it takes to read them as events and print those (measured). */
export class SqliteRawRows {
  readonly #db: Database.Database;
  readonly #reader: SqliteReader;
  readonly #last: Database.Statement;
  readonly #tail: Database.Statement;
  readonly #facts: Database.Statement;
  readonly #text: Database.Statement;

  constructor(db: Database.Database, reader: SqliteReader) {
    this.#db = db;
    this.#reader = reader;
    const bytes = COLUMNS.slice(3).map((column) => `coalesce(octet_length(${column}), 1) + 1`);
    const nulls = [...NULLABLE].map((column) => `(${column} IS NULL)`);
    const texts = COLUMNS.map((column) => (NULLABLE.has(column) ? `coalesce(${column}, char(${NULL}))` : column));
    this.#last = db.prepare(`SELECT "commit" FROM events WHERE "offset" = ?`).pluck();
    this.#tail = db.prepare(`SELECT "offset", hash, recorded_at AS recordedAt FROM events WHERE "offset" = ?`);
    // What a text takes is known from its row, without reading it.
    this.#facts = db.prepare(
      `SELECT count(*) AS count, total(${nulls.join(" + ")}) AS nulls, total(${bytes.join(" + ")}) AS bytes,
         total(stream = '${REDACTIONS_STREAM}') AS redactions ${IN_RANGE}`,
    );
    this.#text = db
      .prepare(
        `SELECT CAST(group_concat(concat_ws(char(${TAB}), ${texts.join(", ")}) || char(${NEWLINE}), '') AS BLOB) ${IN_RANGE}`,
      )
      .pluck();
  }

  /** As EventLog.readRaw, all at one instant. */
  read(from: number, to: number, atLeast: number): RawRange {
    return this.#db.transaction(() => {
      const archived = this.#reader.archived.base().offset;
      if (from <= archived) return { to: Math.min(archived, to), rows: undefined };
      const end = this.#last.get(Math.min(from + atLeast - 1, to)) as number | undefined;
      if (end === undefined || end > to) return { to, rows: undefined };
      return { to: end, rows: this.#rows(from, end) };
    })();
  }

  /** @returns undefined where they are not all there, are too long, or hold what cannot be told, or has to be acted upon */
  #rows(from: number, to: number): RawRows | undefined {
    const wanted = to - from + 1;
    if (wanted > MAX_ROWS) return undefined;
    const { count, nulls, bytes, redactions } = this.#facts.get(from, to) as Facts;
    // Who takes a record of a redaction in has to erase what it names.
    if (count !== wanted || redactions > 0 || bytes + count * ROOM_FOR_NUMBERS > MAX_BYTES) return undefined;
    const before = from === 1 ? EMPTY_TAIL.hash : this.#reader.hashAt(from - 1);
    const text = this.#text.get(from, to) as Buffer;
    if (before === undefined || !isPlain(text, count, nulls)) return undefined;
    const tail = this.#tail.get(to) as Tail;
    return { from, before, tail, text };
  }
}

/** Whether the control characters in a text are those between its columns and rows, and no others. */
function isPlain(text: Buffer, rows: number, nulls: number): boolean {
  const counts = new Uint32Array(32);
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (byte < 32) counts[byte] = (counts[byte] as number) + 1;
  }
  const expected = new Map([
    [TAB, rows * (COLUMNS.length - 1)],
    [NEWLINE, rows],
    [NULL, nulls],
  ]);
  return counts.every((count, byte) => count === (expected.get(byte) ?? 0));
}
