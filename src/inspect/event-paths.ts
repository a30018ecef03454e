import { leafChanges } from "../../projections/json-leaves.js";
import { foldEventOf } from "../../projections/projection.js";
import { isSessionEventType } from "../../projections/session-events.js";
import { sessions } from "../../projections/sessions.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";

/**
 * The places in a session's record that an event writes, as JSON Pointers (RFC 6901), each once: the leaves of a whole
 * record, and of a patch the places of its operations. An operation that brings an object writes its leaves; one that
 * replaces or removes a value writes its place itself.
 *
 * Said by the event alone, without the record before it. Empty for a deletion, for redacted events, for types that are
 * not about the record, and where the data is not as its type declares.
 */
export function eventPaths(event: SealedEvent): readonly string[] {
  const known = foldEventOf(sessions, event);
  if (known === undefined || !isSessionEventType(known.type)) return [];
  const { record, patch } = (known.data ?? {}) as { record?: Json; patch?: Json };
  const paths =
    record !== undefined ? leavesAt("", record) : Array.isArray(patch) ? patch.flatMap(pathsOfOperation) : [];
  return [...new Set(paths)];
}

/** Data of other programs may hold anything in the place of an operation. */
function pathsOfOperation(operation: Json): string[] {
  const { op, path, value } = (operation ?? {}) as { op?: Json; path?: Json; value?: Json };
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) return [];
  const written = op === "remove" ? [] : leavesAt(path, value);
  return op === "add" ? written : [path, ...written];
}

function leavesAt(path: string, value: Json | undefined): string[] {
  return leafChanges(undefined, value, path).map((leaf) => leaf.path);
}
