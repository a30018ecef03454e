import pg from "pg";
import type { ForeignValue } from "../../foreign-database.js";

/** Object ids of the types that are no plain text here, from pg_type.dat. */
const BOOL = 16;
const BYTEA = 17;
const TEXT = 25;
const FLOATS = new Set([700, 701]);
const NUMBERS = new Set([20, 21, 23, 700, 701, 1700]);
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
/** Types of arrays whose elements are no plain text here, and the type of these. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [1000, BOOL],
  [1005, 21],
  [1007, 23],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1231, 1700],
  [1115, TIMESTAMP],
  [1185, TIMESTAMPTZ],
]);
/** Others that are known without the declaration of their column. */
const TEXT_ARRAYS = new Set([199, 1002, 1009, 1014, 1015, 1182, 2951, 3807]);
/** What is in them would need a way of its own to be JSON; and boxes hold commas. */
const WHOLE_ARRAYS = new Set([1001, 1020]);
/** The types of pg name only what it takes for a single value. */
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];

/** `2025-06-01 10:00:00.123456+00`: the server prints times so in the session that reads. */
const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00)?$/;

/** For pg: every value as the server's text. */
export const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** The server's text of one value. Types that JSON has not stay texts. `declared` is the type of the column, in words. */
export function postgresValue(text: string | null, type: number, declared = ""): ForeignValue {
  if (text === null) return null;
  if (type === BOOL) return text === "t";
  if (type === BYTEA) return new Uint8Array(Buffer.from(text.slice(2), "hex"));
  if (NUMBERS.has(type)) return exact(text, type);
  if (type === TIMESTAMP || type === TIMESTAMPTZ) return isoTime(text);
  if (isArray(type, declared)) return elements(pg.types.getTypeParser(TEXT_ARRAY)(text), ELEMENTS.get(type) ?? TEXT);
  return text;
}

function isArray(type: number, declared: string): boolean {
  return (declared.endsWith("[]") || ELEMENTS.has(type) || TEXT_ARRAYS.has(type)) && !WHOLE_ARRAYS.has(type);
}

function elements(parsed: unknown, type: number): ForeignValue {
  if (Array.isArray(parsed)) return parsed.map((one) => elements(one, type));
  return postgresValue(parsed as string | null, type);
}

/**
 * A number only where it is the same one: the server prints as many digits of a float as tell it from all others, of other
 * numbers all. NaN and infinity, which JSON has not, stay texts.
 */
function exact(text: string, type: number): ForeignValue {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  if (FLOATS.has(type)) return number;
  const digits = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return String(number) === digits && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

/** ISO 8601 with milliseconds, or with microseconds where there are any; of a timestamp without a zone, without `Z`. */
function isoTime(text: string): string {
  const [, date, time, fraction = "", zone] = TIME.exec(text) ?? [];
  if (date === undefined) return text; // infinity, or before Christ
  const micros = fraction.padEnd(6, "0");
  const digits = micros.endsWith("000") ? micros.slice(0, 3) : micros;
  return `${date}T${time}.${digits}${zone === undefined ? "" : "Z"}`;
}
