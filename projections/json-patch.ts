import { current, isDraft } from "immer";
import { createPatch } from "rfc6902";
import * as z from "zod";
import type { Json } from "../src/log/canonical.js";

/** The part of RFC 6902 that events carry. */
export const patchSchema = z.array(
  z.discriminatedUnion("op", [
    z.object({ op: z.literal("add"), path: z.string(), value: z.unknown() }),
    z.object({ op: z.literal("replace"), path: z.string(), value: z.unknown() }),
    z.object({ op: z.literal("remove"), path: z.string() }),
  ]),
);

/**
 * True for nearly every patch that patchSchema takes, and for none that it refuses: a fold looks at millions of them, and
 * the schema takes several times as long as applying one.
 */
export function isPlainPatch(patch: unknown): boolean {
  if (!Array.isArray(patch)) return false;
  for (const one of patch as unknown[]) {
    if (typeof one !== "object" || one === null) return false;
    const { op, path, value } = one as { op?: unknown; path?: unknown; value?: unknown };
    if (typeof path !== "string" || (op !== "remove" && (value === undefined || (op !== "replace" && op !== "add")))) {
      return false;
    }
  }
  return true;
}

export type PatchOp =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string };

export type JsonObject = { [key: string]: Json };

/**
 * The operations that turn `before` into `after`. Objects are compared member by member; an array is one value: positions
 * mean nothing to a writer who saw another array, and finding the shortest edit of two long ones is quadratic.
 */
export function patchBetween(before: JsonObject, after: JsonObject): PatchOp[] {
  const patch = createPatch(before, after, (a: unknown, b: unknown, pointer) => {
    if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
    return isSameJson(a as Json, b as Json) ? [] : [{ op: "replace", path: pointer.toString(), value: b }];
  });
  return patch as PatchOp[];
}

/**
 * A new document; `document` stays as it is, and what no operation touches is shared. Strict, as RFC 6902: a member that
 * is replaced or removed must be there. Every key is an ordinary key, `__proto__` too.
 *
 * @throws PatchMismatch
 */
export function applyPatch(document: JsonObject, patch: readonly PatchOp[]): JsonObject {
  const plain = isDraft(document) ? current(document) : document;
  const own = patch.length > 1 ? new Set<JsonObject>() : undefined;
  let result: Json = plain;
  for (const op of patch) result = applyAt(result, tokensOf(op.path), op, own);
  return asObject(result, "");
}

/**
 * As applyPatch, but on a document of the caller's own, which is changed and returned where every operation is about a
 * member of its own: nearly all that are ever written. A patch that does not fit changes nothing.
 *
 * @throws PatchMismatch
 */
export function applyPatchTo(document: JsonObject, patch: readonly PatchOp[]): JsonObject {
  if (!areOwnMembers(document, patch)) return applyPatch(document, patch);
  for (const op of patch) {
    const key = op.path.slice(1);
    if (op.op === "remove") delete document[key];
    else document[key] = op.value;
  }
  return document;
}

/** Whether the operations may be done one by one without looking: each names another member, and those to be there are. */
function areOwnMembers(document: JsonObject, patch: readonly PatchOp[]): boolean {
  if (patch.length > MAX_QUICK_OPS) return false;
  for (let i = 0; i < patch.length; i++) {
    const { op, path } = patch[i] as PatchOp;
    if (!MEMBER.test(path) || path === "/__proto__") return false;
    if (op !== "add" && !Object.hasOwn(document, path.slice(1))) return false;
    for (let j = 0; j < i; j++) if (patch[j]?.path === path) return false;
  }
  return true;
}

/** A JSON Pointer of one token without escapes. */
const MEMBER = /^\/[^/~]*$/;
/** Each is compared with those before it. */
const MAX_QUICK_OPS = 64;

/** The patch does not fit the document. */
export class PatchMismatch extends Error {}

/** @param own copies that this patch has made, which nobody else sees: a patch of many operations copies an object once */
function applyAt(target: Json, tokens: readonly string[], op: PatchOp, own?: Set<JsonObject>): Json {
  const [key, ...rest] = tokens;
  if (key === undefined) {
    if (op.op === "remove") throw new PatchMismatch("the document itself cannot be removed");
    return op.value;
  }
  const object = asObject(target, op.path);
  const there = Object.hasOwn(object, key);
  if (!there && (rest.length > 0 || op.op !== "add")) throw new PatchMismatch(`there is nothing at ${op.path}`);
  const copy = own?.has(object) === true ? object : { ...object };
  own?.add(copy);
  if (rest.length === 0 && op.op === "remove") delete copy[key];
  else setMember(copy, key, applyAt(there ? (object[key] as Json) : null, rest, op, own));
  return copy;
}

function asObject(value: Json, path: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new PatchMismatch(`there is no object around ${path}`);
}

export function withMember(object: JsonObject, key: string, value: Json): JsonObject {
  return setMember({ ...object }, key, value);
}

export function without(object: JsonObject, key: string): JsonObject {
  const copy = { ...object };
  delete copy[key];
  return copy;
}

/** Not by assignment, which would set the prototype where the key is `__proto__`. */
function setMember(object: JsonObject, key: string, value: Json): JsonObject {
  return Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The reference tokens of a JSON Pointer (RFC 6901). @throws PatchMismatch */
export function tokensOf(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchMismatch(`${JSON.stringify(path)} is no JSON Pointer`);
  const tokens = path.slice(1).split("/");
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function isSameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key as never], b[key as never]));
}
