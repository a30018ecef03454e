import pg from "pg";
import type { ForeignValue } from "../../foreign-database.js";

/** Object ids of the types that are no plain text here, from pg_type.dat. */
const BOOL = 16;
const BYTEA = 17;
const NUMBERS = new Set([20, 21, 23, 700, 701, 1700]);
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const TEXT_ARRAYS = new Set([1002, 1009, 1015]);
/** The types of pg name only what it takes for a single value. */
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];

/** `2025-06-01 10:00:00.123456+00`: the server prints times so in the session that reads. */
const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00)?$/;

/** For pg: every value as the server's text. */
export const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** The server's text of one value. Types that JSON has not stay texts. */
export function postgresValue(text: string | null, type: number): ForeignValue {
  if (text === null) return null;
  if (type === BOOL) return text === "t";
  if (type === BYTEA) return new Uint8Array(Buffer.from(text.slice(2), "hex"));
  if (NUMBERS.has(type)) return exact(text);
  if (type === TIMESTAMP || type === TIMESTAMPTZ) return isoTime(text);
  if (TEXT_ARRAYS.has(type)) return pg.types.getTypeParser(TEXT_ARRAY)(text) as ForeignValue;
  return text;
}

/** A number only where printing it gives the same text again. */
function exact(text: string): ForeignValue {
  const number = Number(text);
  return String(number) === text && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

/** ISO 8601 with milliseconds, or with microseconds where there are any; of a timestamp without a zone, without `Z`. */
function isoTime(text: string): string {
  const [, date, time, fraction = "", zone] = TIME.exec(text) ?? [];
  if (date === undefined) return text; // infinity, or before Christ
  const micros = fraction.padEnd(6, "0");
  const digits = micros.endsWith("000") ? micros.slice(0, 3) : micros;
  return `${date}T${time}.${digits}${zone === undefined ? "" : "Z"}`;
}
