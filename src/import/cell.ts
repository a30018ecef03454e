import type { Json } from "../log/canonical.js";
import type { ForeignValue } from "../log/foreign-database.js";
import { quoteRoundedNumbers } from "../log/whole-numbers.js";
import type { ColumnKind } from "./minsky-columns.js";

/** One cell of a table as a JSON value. */
export interface Cell {
  /** undefined: the cell says nothing. */
  readonly value: Json | undefined;
  /** What was changed to make it fit. */
  readonly repair?: string;
  /** What is odd about it and was kept. */
  readonly remark?: string;
}

/** NULL says nothing, whatever the column: a table has no other way to leave a field out. */
export function readCell(kind: ColumnKind, found: ForeignValue): Cell {
  if (found === null) return { value: undefined };
  const { value, repair } = plain(found);
  const cell = byKind(kind, value);
  const all = [repair, cell.repair].filter((one) => one !== undefined).join(", ");
  return { ...cell, ...(all === "" ? {} : { repair: all }), ...replacementRemark(cell) };
}

function byKind(kind: ColumnKind, value: Json): Cell {
  switch (kind) {
    case "text":
      return typeof value === "string" ? { value } : { value: asText(value), repair: "was no text" };
    case "time":
      return timeCell(value);
    case "json":
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

/** Bytes that are UTF-8 are a text that was stored under the wrong type; others are kept as base64. */
function plain(found: Exclude<ForeignValue, null>): { value: Json; repair?: string } {
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
  const value = parsed(text);
  if (value === undefined) return { value: text, remark: "is no JSON; it was kept as text" };
  const inner = typeof value === "string" ? parsed(value) : undefined;
  if (typeof inner === "object" && inner !== null) return { value: inner, repair: "was JSON inside JSON" };
  return { value };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(quoteRoundedNumbers(text).json) as Json;
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
  if (/^\d{1,15}$/.test(value)) return { value: Number(value), repair: "was a text" };
  return { value, remark: "is no number; it was kept" };
}

/** 10 digits are seconds, 13 milliseconds, since 1970. */
const EPOCH = /^(\d{10})(\d{3})?(?:\.0)?$/;
/** As SQLite and Postgres print a time without a zone. */
const NO_ZONE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,9})?$/;

/** ISO 8601 stays as it came, letter by letter; what is no time stays too, and is told elsewhere. */
function timeCell(value: Json): Cell {
  const text = asText(value);
  const [, seconds, milliseconds] = EPOCH.exec(text) ?? [];
  if (seconds !== undefined) {
    const time = new Date(Number(seconds) * 1000 + Number(milliseconds ?? 0)).toISOString();
    return {
      value: time,
      repair: `was ${text}, ${milliseconds === undefined ? "seconds" : "milliseconds"} since 1970`,
    };
  }
  const [, date, clock, fraction = ".000"] = NO_ZONE.exec(text) ?? [];
  if (date !== undefined) return { value: `${date}T${clock}${fraction}Z`, repair: "had no zone; it was read as UTC" };
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
