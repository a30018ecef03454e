import type { Json } from "../log/canonical.js";
import type { ForeignValue } from "../log/foreign-database.js";
import { instantOf, isoOf } from "./instant.js";
import type { ColumnKind } from "./minsky-columns.js";
import { type ToldJson, toldJson } from "./told-json.js";

/** One cell of a table as a JSON value. */
export interface Cell {
  /** undefined: the cell says nothing. */
  readonly value: Json | undefined;
  /** What was changed to make it fit. */
  readonly repair?: string;
  /** What is odd about it and was kept. */
  readonly remark?: string;
}

const ROUNDED = "was a number that JSON has not, or would round; it was taken as text";

/**
 * NULL says nothing, whatever the column: a table has no other way to leave a field out. `declared` is the type of the
 * column, as far as anything was declared.
 */
export function readCell(kind: ColumnKind, found: ForeignValue, declared = ""): Cell {
  if (found === null) return { value: undefined };
  const { value, repair } = plain(found);
  const cell = kind === "unknown" ? unknownCell(value, declared) : byKind(kind, value);
  const all = [...new Set([repair, cell.repair].filter((one) => one !== undefined))].join(", ");
  return { ...cell, ...(all === "" ? {} : { repair: all }), ...replacementRemark(cell) };
}

function byKind(kind: ColumnKind, value: Json): Cell {
  switch (kind) {
    case "text":
      return typeof value === "string" ? { value } : { value: asText(value), repair: "was no text" };
    case "time":
      return timeCell(value);
    case "json":
      if (Array.isArray(value)) return listCell(value.map((one) => byKind("json", one)));
      return typeof value === "string" ? jsonCell(value) : { value };
    case "flag":
      return flagCell(value);
    case "count":
      return countCell(value);
    case "unknown":
      return { value };
    default:
      throw new TypeError(`unhandled ${kind satisfies never}`);
  }
}

/** A column that no era knows. */
function unknownCell(value: Json, declared: string): Cell {
  if (declared.startsWith("json")) return byKind("json", value);
  const isNumber = NUMBER_TYPE.test(declared);
  if (isNumber && Array.isArray(value)) return listCell(value.map((one) => unknownCell(one, declared)));
  return { value, ...(isNumber && typeof value === "string" && NUMBER.test(value) ? { repair: ROUNDED } : {}) };
}

const NUMBER_TYPE = /^(?:(?:small|big)?int|int\d|numeric|decimal|real|double|float)/;
const NUMBER = /^(?:-?\d+(?:\.\d+)?|NaN|-?Infinity)$/;

/** An array of a database; NULLs in it are null. What is to be said of its elements is said once. */
function listCell(cells: readonly Cell[]): Cell {
  const said = (all: (string | undefined)[]) => [...new Set(all.filter((one) => one !== undefined))].join(", ");
  const repair = said(cells.map((cell) => cell.repair));
  const remark = said(cells.map((cell) => cell.remark));
  const value = cells.map((cell) => cell.value ?? null);
  return { value, ...(repair === "" ? {} : { repair }), ...(remark === "" ? {} : { remark }) };
}

/** A number that JSON has not becomes its digits or its name. Bytes that are UTF-8 are a text that was stored under the wrong type; others are kept as base64. */
function plain(found: Exclude<ForeignValue, null>): { value: Json; repair?: string } {
  if (typeof found === "bigint" || (typeof found === "number" && !Number.isFinite(found))) {
    return { value: String(found), repair: ROUNDED };
  }
  if (!(found instanceof Uint8Array)) return { value: found as Json };
  try {
    const value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(found);
    return { value, repair: "was stored as bytes" };
  } catch {
    return { value: { base64: Buffer.from(found).toString("base64") }, repair: "was bytes that are no text" };
  }
}

/** JSON text; also JSON text inside JSON text, which some versions wrote. */
export function jsonCell(text: string): Cell {
  if (text.trim() === "") return { value: null, repair: "was an empty text" };
  const outer = parsed(text);
  if (outer === undefined) return { value: text, remark: "is no JSON; it was kept as text" };
  const inner = typeof outer.value === "string" ? parsed(outer.value) : undefined;
  const isNested = typeof inner?.value === "object" && inner.value !== null;
  const { value, repairs: held } = isNested ? inner : outer;
  const repairs = [...(isNested ? ["was JSON inside JSON"] : []), ...held];
  return { value, ...(repairs.length === 0 ? {} : { repair: repairs.join(", ") }) };
}

function parsed(text: string): ToldJson | undefined {
  try {
    return toldJson(text);
  } catch {
    return undefined;
  }
}

/** Truth in all the forms that it had: boolean, 0 and 1, and their texts. */
function flagCell(value: Json): Cell {
  if (value === 0 || value === 1) return { value: value === 1 };
  if (typeof value !== "string") return { value };
  const word = value.trim().toLowerCase();
  if (["true", "1", "t", "yes"].includes(word)) return { value: true };
  if (["false", "0", "f", "no"].includes(word)) return { value: false };
  if (word === "null") return { value: null };
  return { value, remark: "is neither true nor false; it was kept" };
}

function countCell(value: Json): Cell {
  if (typeof value !== "string") return { value };
  if (/^-?\d{1,15}$/.test(value)) return { value: Number(value), repair: "was a text" };
  if (/^-?\d+$/.test(value)) return { value, repair: ROUNDED };
  return { value, remark: "is no number; it was kept" };
}

/** By their digits: since 1970, from 2001 on. */
const EPOCH = /^(\d{10}|\d{13}|\d{16})(?:\.\d+)?$/;
const EPOCH_UNITS: ReadonlyMap<number, string> = new Map([
  [10, "seconds"],
  [13, "milliseconds"],
  [16, "microseconds"],
]);
/** As SQLite and Postgres print a time without a zone. */
const NO_ZONE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?$/;

/** ISO 8601 stays as it came, letter by letter; what is no time stays too, and is told elsewhere. */
function timeCell(value: Json): Cell {
  const text = asText(value);
  const [, ticks] = EPOCH.exec(text) ?? [];
  const instant = ticks === undefined ? undefined : instantOf(Number(text));
  if (ticks !== undefined && instant !== undefined) {
    return { value: isoOf(instant), repair: `was ${text}, ${EPOCH_UNITS.get(ticks.length)} since 1970` };
  }
  const [, date, clock, seconds = ":00", fraction = ".000"] = NO_ZONE.exec(text) ?? [];
  // The 31st of February, and the 25th hour, are no times.
  if (date !== undefined && instantOf(text) !== undefined) {
    return { value: `${date}T${clock}${seconds}${fraction}Z`, repair: "had no zone; it was read as UTC" };
  }
  return typeof value === "string" ? { value } : { value: text, repair: "was no text" };
}

function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A database driver puts U+FFFD where the stored bytes are no UTF-8. */
function replacementRemark({ value, remark }: Cell): { remark?: string } {
  if (remark !== undefined || typeof value !== "string" || !value.includes("\ufffd")) return {};
  return { remark: "holds U+FFFD: some of its bytes may have been no text" };
}
