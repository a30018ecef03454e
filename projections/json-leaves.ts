import { escapePointer, type Json } from "../src/log/canonical.js";
import { isSameJson, type JsonObject, tokensOf, withMember, without } from "./json-patch.js";

/** A place that holds one value: text, a number, a whole array, an empty object; or, below `depth`, a whole object. */
export interface LeafChange {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  /** undefined where nothing was there. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/**
 * What differs, leaf by leaf. Stricter than what people read as a change: a text that becomes an object is one leaf that
 * goes and others that come, so that each leaf has one history.
 */
export function leafChanges(
  before: Json | undefined,
  after: Json | undefined,
  path = "",
  depth = Number.POSITIVE_INFINITY,
): LeafChange[] {
  if (isBranch(before, depth) && isBranch(after, depth)) {
    return memberNames(before, after).flatMap((key) =>
      leafChanges(own(before, key), own(after, key), `${path}/${escapePointer(key)}`, depth - 1),
    );
  }
  if (isSameJson(before, after)) return [];
  if (!isBranch(before, depth) && !isBranch(after, depth)) return [{ path, before, after }];
  return [
    ...leavesOf(before, path, depth).map(([at, value]) => ({ path: at, before: value, after: undefined })),
    ...leavesOf(after, path, depth).map(([at, value]) => ({ path: at, before: undefined, after: value })),
  ];
}

function leavesOf(value: Json | undefined, path: string, depth: number): [string, Json][] {
  if (value === undefined) return [];
  if (!isBranch(value, depth)) return [[path, value]];
  return Object.keys(value).flatMap((key) => leavesOf(value[key], `${path}/${escapePointer(key)}`, depth - 1));
}

function isBranch(value: Json | undefined, depth: number): value is JsonObject {
  return depth > 0 && isObject(value) && Object.keys(value).length > 0;
}

/** The value at a JSON Pointer; undefined where nothing is there. Arrays are one value: nothing lies inside. */
export function valueAt(document: Json | undefined, path: string): Json | undefined {
  return tokensOf(path).reduce<Json | undefined>((at, key) => (isObject(at) ? own(at, key) : undefined), document);
}

/** A copy with another value at a JSON Pointer, undefined to remove it; objects around it are made where they are missing. */
export function withValueAt(document: Json | undefined, path: string, value: Json | undefined): Json | undefined {
  return placed(document, tokensOf(path), value);
}

function placed(document: Json | undefined, tokens: readonly string[], value: Json | undefined): Json | undefined {
  const [key, ...rest] = tokens;
  if (key === undefined) return value;
  if (value === undefined && !(isObject(document) && Object.hasOwn(document, key))) return document;
  const object = isObject(document) ? document : {};
  const inner = placed(own(object, key), rest, value);
  return inner === undefined ? without(object, key) : withMember(object, key, inner);
}

/** True where `path` is `ancestor` or lies inside it. */
export function isUnder(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}/`);
}

export function memberNames(...objects: readonly JsonObject[]): string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))];
}

/** A member of the object itself, never of its prototype. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
