import { sha256Hex } from "../log/hash-chain.js";
import type { FieldType } from "./shape.js";

export type FieldValue = string | number | boolean | null;

/** Longer texts are told apart by their hash and sorted by their beginning: an index of Postgres takes 2,704 bytes. */
export const MAX_KEY_CHARS = 256;

/** The value by which a document is found and sorted: the same on every backend. */
export function fieldValue(type: FieldType, value: unknown): FieldValue {
  if (typeof value === "string") return type === "text" ? textKey(value) : null;
  if (typeof value === "number") return type === "number" && Number.isFinite(value) ? value + 0 : null;
  return typeof value === "boolean" && type === "boolean" ? value : null;
}

/** The text itself up to MAX_KEY_CHARS code points; of a longer one so many, and its hash. */
export function textKey(text: string): string {
  const wellFormed = wellFormedText(text);
  if (wellFormed.length <= MAX_KEY_CHARS) return wellFormed;
  const beginning = [...wellFormed.slice(0, 2 * MAX_KEY_CHARS + 1)].slice(0, MAX_KEY_CHARS).join("");
  return beginning.length === wellFormed.length ? wellFormed : `${beginning}…${sha256Hex(wellFormed)}`;
}

/** With U+FFFD for each lone surrogate, as SQLite and Postgres would store it. In Node 20, but not in the ES2023 types. */
export function wellFormedText(text: string): string {
  return (text as string & { toWellFormed(): string }).toWellFormed();
}

/** No value before all values; false before true; texts by their code points, as SQL's binary collations have them. */
export function compareValues(a: FieldValue, b: FieldValue): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return Number(a) - Number(b);
}

/** By code points: UTF-16 puts the astral planes before U+E000, UTF-8 does not. */
export function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return orderUnit(left) - orderUnit(right);
  }
  return a.length - b.length;
}

/** Surrogates behind everything else of the basic plane. */
function orderUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
