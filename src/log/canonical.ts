import { InvalidEventError } from "../errors.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Containers inside containers. V8's own JSON functions fail somewhere between 3,000 and 5,000 levels. */
export const MAX_DEPTH = 200;
/** Limit of one canonical text, in UTF-8 bytes. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * The RFC 8785 (JCS) text of a JSON value: keys sorted by UTF-16 code units, numbers and strings as ECMAScript prints
 * them, no white space. The same value gives the same bytes everywhere.
 *
 * Object properties whose value is `undefined` are absent, as in JSON.stringify. Everything else that JSON would change
 * in silence is refused with the JSON Pointer of the place: NaN, Infinity, bigint, functions, symbols, `undefined` and
 * holes in arrays, cycles and more than {@link MAX_DEPTH} levels, lone surrogates, and objects that are not plain (Date,
 * Map, class instances).
 *
 * @throws InvalidEventError DATA_NOT_JSON, DATA_TOO_DEEP, DATA_TOO_LARGE
 */
export function canonicalText(value: unknown): string {
  // Most values already have their keys in order: then one native call prints them (measured ten times faster).
  const text = checkValue(value, []) ? JSON.stringify(value) : writeSorted(value as Json);
  // A UTF-16 unit takes at most 3 bytes, so short texts need no exact count.
  if (text.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    throw new InvalidEventError("DATA_TOO_LARGE", `the JSON text is larger than ${MAX_TEXT_BYTES} bytes`, "", {
      hint: "store it elsewhere, and its address here",
    });
  }
  return text;
}

/**
 * Throws on what JSON cannot carry; returns whether JSON.stringify would print every object's keys in order.
 * `trail` holds the keys from the root to `value`: a shared stack, because building path strings would dominate the cost.
 */
function checkValue(value: unknown, trail: Array<string | number>): boolean {
  switch (typeof value) {
    case "string":
      if (!isWellFormed(value)) throw notJson("a lone surrogate", trail);
      return true;
    case "number":
      if (!Number.isFinite(value)) throw notJson(String(value), trail);
      return true;
    case "boolean":
      return true;
    case "object":
      if (value === null) return true;
      if (trail.length >= MAX_DEPTH) {
        const message = `nested deeper than ${MAX_DEPTH} levels, or cyclic`;
        throw new InvalidEventError("DATA_TOO_DEEP", message, pointerOf(trail), {
          hint: "make it flatter; a value that contains itself has no end",
        });
      }
      return Array.isArray(value) ? checkArray(value, trail) : checkObject(value, trail);
    default:
      throw notJson(typeof value, trail);
  }
}

function checkArray(array: unknown[], trail: Array<string | number>): boolean {
  let ordered = true;
  for (let i = 0; i < array.length; i++) {
    trail.push(i);
    if (!checkValue(array[i], trail)) ordered = false;
    trail.pop();
  }
  return ordered;
}

function checkObject(object: object, trail: Array<string | number>): boolean {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notJson(`a ${prototype.constructor?.name ?? "non-plain"} object`, trail);
  }
  let ordered = true;
  let previous: string | undefined;
  for (const key of Object.keys(object)) {
    const value = (object as Record<string, unknown>)[key];
    if (value === undefined) continue;
    trail.push(key);
    if (!isWellFormed(key)) throw notJson("a lone surrogate in a key", trail);
    if (previous !== undefined && previous > key) ordered = false;
    previous = key;
    if (!checkValue(value, trail)) ordered = false;
    trail.pop();
  }
  return ordered;
}

/** Prints a checked value. Built by hand because V8 always enumerates integer-like keys first, whatever their order. */
function writeSorted(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value); // as JSON prints it, also -0
  return Array.isArray(value) ? writeArray(value) : writeObject(value);
}

function writeArray(array: readonly Json[]): string {
  let text = "[";
  for (let i = 0; i < array.length; i++)
    text += i === 0 ? writeSorted(array[i] as Json) : `,${writeSorted(array[i] as Json)}`;
  return `${text}]`;
}

function writeObject(object: { [key: string]: Json }): string {
  let text = "{";
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text === "{" ? "" : ","}${JSON.stringify(key)}:${writeSorted(value)}`;
  }
  return `${text}}`;
}

/** A key as one reference token of a JSON Pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** String.prototype.isWellFormed is in Node 20 but not in the ES2023 types. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function notJson(what: string, trail: readonly (string | number)[]): InvalidEventError {
  return new InvalidEventError("DATA_NOT_JSON", `${what} has no identical form on every backend`, pointerOf(trail), {
    hint: "store a string, a finite number, true, false, null, an array or a plain object",
  });
}

function pointerOf(trail: readonly (string | number)[]): string {
  const pointer = trail.map((key) => `/${escapePointer(String(key))}`).join("");
  return pointer.length > 120 ? `${pointer.slice(0, 120)}…` : pointer;
}
