import { escapePointer, type Json } from "../log/canonical.js";

/** One place at which two documents differ. `before` is undefined where it was added, `after` where it was removed. */
export interface Change {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/**
 * The places at which two documents differ, as people read them: objects are compared member by member, everything else
 * (arrays too) as one value. Members come in the order of `before`, then what `after` adds.
 */
export function changesBetween(before: Json | undefined, after: Json | undefined, path = ""): Change[] {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      changesBetween(own(before, key), own(after, key), `${path}/${escapePointer(key)}`),
    );
  }
  if (isSame(before, after)) return [];
  // A whole object that came or went is told member by member too.
  if (isObject(after) && before === undefined && Object.keys(after).length > 0) return changesBetween({}, after, path);
  if (isObject(before) && after === undefined && Object.keys(before).length > 0)
    return changesBetween(before, {}, path);
  return [{ path, before, after }];
}

/** `/prState/exists` as `prState.exists`; keys that hold a dot or nothing are quoted. */
export function dottedPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((key) => (/^[^.\s"]+$/.test(key) ? key : JSON.stringify(key)))
    .join(".");
}

function own(object: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame(a[key as never], b[key as never]));
}
