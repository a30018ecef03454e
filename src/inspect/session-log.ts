import { isUnder, valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { assertCount } from "../log/assert-limits.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { evolved } from "../replay/fold.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { type Change, changesBetween } from "./changes.js";
import { parseFieldPath } from "./field-path.js";
import { globMatcher } from "./glob.js";
import { pathNotFound } from "./path-not-found.js";

/** One event of a session, and what it changed. */
export interface SessionLogEntry {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly reason: string | undefined;
  /** Empty for a deletion, and for events that are not about the record. */
  readonly changes: readonly Change[];
  /** Set where the event could not be applied. */
  readonly fault: string | undefined;
}

export interface SessionLogOptions {
  /** Inclusive; default the tail. */
  readonly toOffset?: number;
  /** Only events after this offset (exclusive) … */
  readonly since?: number;
  /** … and up to this one (inclusive). Unlike `toOffset` it is no other point of view: the session may be younger. */
  readonly until?: number;
  /** Globs: only events of such a type, or by such an actor. */
  readonly type?: string;
  readonly actor?: string;
  /** JSON Pointer, or as people write it (`prState.exists`): only events that changed what lies there, and of these only those changes. */
  readonly path?: string;
}

const LOG_OPTIONS: KnownOptions<SessionLogOptions> = {
  toOffset: true,
  since: true,
  until: true,
  type: true,
  actor: true,
  path: true,
};

/**
 * The audit trail of one session, oldest first: who changed what, from what to what, and why.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where the session has no events (up to that offset), PATH_NOT_FOUND where its
 *   record never had anything at `path`, POINT_OUTSIDE where the log has no such `toOffset`; UsageError GLOB_INVALID,
 *   FIELD_PATH_INVALID, ARGUMENT_INVALID; TypeError where `since` or `until` is no whole number from 0
 */
export async function* sessionLog(
  log: EventLog,
  id: string,
  options: SessionLogOptions = {},
): AsyncGenerator<SessionLogEntry, void, undefined> {
  assertOptions("sessionLog", options, LOG_OPTIONS);
  const { toOffset } = options;
  const path = parseFieldPath(options.path ?? "");
  const isMeant = matcherOf(options);
  await assertAsOf(log, toOffset);
  let before: SessionDocument | null = null;
  let [found, pathFound] = [false, path === ""];
  const range = toOffset === undefined ? {} : { toOffset };
  for await (const event of eventsOf(log.readStream(sessionStream(id), range))) {
    found = true;
    const after: SessionDocument | null = evolved(sessions, before, event);
    const entry = atPath(entryOf(event, before, after), path);
    before = after;
    pathFound ||= entry !== undefined;
    if (entry !== undefined && isMeant(entry)) yield entry;
  }
  if (!found) throw sessionNotFound(id, toOffset);
  if (!pathFound) throw pathNotFound(id, path);
}

function matcherOf({ since = 0, until = Number.POSITIVE_INFINITY, type = "*", actor = "*" }: SessionLogOptions) {
  assertCount("since", since, 0);
  if (until !== Number.POSITIVE_INFINITY) assertCount("until", until, 0);
  const [isType, isActor] = [globMatcher(type), globMatcher(actor)];
  return (entry: SessionLogEntry) =>
    entry.offset > since && entry.offset <= until && isType(entry.type) && isActor(entry.actor);
}

/** With only the changes at a place, also where a value around it came or went; undefined where there are none. */
function atPath(entry: SessionLogEntry, path: string): SessionLogEntry | undefined {
  if (path === "") return entry;
  const changes = entry.changes.flatMap((change) => {
    if (isUnder(change.path, path)) return [change];
    if (!isUnder(path, change.path)) return [];
    const inside = path.slice(change.path.length);
    const [before, after] = [valueAt(change.before, inside), valueAt(change.after, inside)];
    return isSameJson(before, after) ? [] : [{ path, before, after }];
  });
  return changes.length === 0 ? undefined : { ...entry, changes };
}

function entryOf(event: SealedEvent, before: SessionDocument | null, after: SessionDocument | null): SessionLogEntry {
  const { offset, version, recordedAt, actor, type, meta } = event;
  const fault = after?.faults.find((one) => one.offset === offset)?.why;
  const changes = changesBetween(recordOf(before), after?.deleted == null ? recordOf(after) : recordOf(before));
  return { offset, version, recordedAt, actor, type, reason: meta.reason, changes, fault };
}

/** A deleted session has no record; one that is created again begins with nothing. */
function recordOf(document: SessionDocument | null): Json | undefined {
  return document === null || document.deleted !== null ? undefined : document.record;
}
