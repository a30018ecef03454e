import { leafChanges } from "../../projections/json-leaves.js";
import { foldEventOf } from "../../projections/projection.js";
import { isSessionEventType } from "../../projections/session-events.js";
import { sessions } from "../../projections/sessions.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";

/** A place in a session's record that an event writes. */
export interface WrittenPlace {
  /** JSON Pointer (RFC 6901); empty for the whole record. */
  readonly path: string;
  /** True where a value that was there went, and all that may have lain inside it. */
  readonly gone: boolean;
}

/**
 * The places that an event writes, each once: the leaves of a whole record, and of a patch the places of its operations.
 * An operation that brings an object writes its leaves; one that replaces or removes a value writes its place itself.
 *
 * Said by the event alone, without the record before it. Empty for a deletion, for redacted events, for types that are
 * not about the record, and where the data is not as its type declares.
 */
export function eventPaths(event: SealedEvent): readonly WrittenPlace[] {
  const known = foldEventOf(sessions, event);
  if (known === undefined || !isSessionEventType(known.type)) return [];
  const { record, patch } = (known.data ?? {}) as { record?: Json; patch?: Json };
  if (record !== undefined) return leavesAt("", record);
  const gone = new Map<string, boolean>();
  for (const place of Array.isArray(patch) ? patch.flatMap(placesOfOperation) : []) {
    gone.set(place.path, place.gone || gone.get(place.path) === true);
  }
  return [...gone].map(([path, isGone]) => ({ path, gone: isGone }));
}

/** Data of other programs may hold anything in the place of an operation. */
function placesOfOperation(operation: Json): WrittenPlace[] {
  const { op, path, value } = (operation ?? {}) as { op?: Json; path?: Json; value?: Json };
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) return [];
  const written = op === "remove" ? [] : leavesAt(path, value);
  return op === "add" ? written : [{ path, gone: true }, ...written];
}

function leavesAt(path: string, value: Json | undefined): WrittenPlace[] {
  return leafChanges(undefined, value, path).map((leaf) => ({ path: leaf.path, gone: false }));
}
