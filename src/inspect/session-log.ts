import { isUnder, valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { evolved } from "../replay/fold.js";
import { assertBegins } from "../replay/record-steps.js";
import { StreamPast } from "../replay/stream-past.js";
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
  /** Only the newest so many of those that are meant. */
  readonly limit?: number;
}

const LOG_OPTIONS: KnownOptions<SessionLogOptions> = {
  toOffset: true,
  since: true,
  until: true,
  type: true,
  actor: true,
  path: true,
  limit: true,
};

/** Versions of the session's stream, both inclusive. */
interface Versions {
  readonly first: number;
  readonly last: number;
}

/** What is shown of an audit trail. */
export interface SessionLogPage {
  /** Oldest first. */
  readonly items: readonly SessionLogEntry[];
  /** How many are meant. */
  readonly total: number;
}

/**
 * The audit trail of one session, oldest first: who changed what, from what to what, and why. With `since` or `limit`, the
 * end of a long one costs what it holds, unless `path` is given: what was at a place before may have been set long ago.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where the session has no events (up to that offset), PATH_NOT_FOUND where its
 *   record never had anything at `path`, POINT_OUTSIDE where the log has no such `toOffset`; UsageError GLOB_INVALID,
 *   FIELD_PATH_INVALID, ARGUMENT_INVALID; TypeError where `since`, `until` or `limit` is no whole number from 0
 */
export async function* sessionLog(
  log: EventLog,
  id: string,
  options: SessionLogOptions = {},
): AsyncGenerator<SessionLogEntry, void, undefined> {
  assertLog(log);
  assertOptions("sessionLog", options, LOG_OPTIONS);
  const { limit, ...asked } = options;
  if (limit === undefined) return yield* entriesOf(log, id, asked);
  assertCount("limit", limit, 0);
  yield* (await sessionLogPage(log, id, asked, limit)).items;
}

/** The newest `limit` entries of {@link sessionLog}, or the oldest ones, and how many there are. @throws as it does */
export async function sessionLogPage(
  log: EventLog,
  id: string,
  asked: Omit<SessionLogOptions, "limit">,
  limit: number,
  end: "newest" | "oldest" = "newest",
): Promise<SessionLogPage> {
  if (parseFieldPath(asked.path ?? "") !== "") return endOf(entriesOf(log, id, asked), limit, end);
  const { items: versions, total } = await endOf(versionsMeant(log, id, asked), limit, end);
  const [first, last] = [versions[0], versions.at(-1)];
  if (first === undefined || last === undefined) return { items: [], total };
  const { items } = await endOf(entriesOf(log, id, asked, { first, last }), limit, end);
  return { items, total };
}

/** No more than `limit` are kept in memory. */
async function endOf<T>(all: AsyncIterable<T>, limit: number, end: "newest" | "oldest") {
  const items: T[] = [];
  let total = 0;
  for await (const one of all) {
    total++;
    if (end === "newest" && items.length === limit) items.shift();
    if (items.length < limit) items.push(one);
  }
  return { items, total };
}

async function* entriesOf(
  log: EventLog,
  id: string,
  options: SessionLogOptions,
  versions?: Versions,
): AsyncGenerator<SessionLogEntry, void, undefined> {
  const { toOffset, since = 0 } = options;
  const path = parseFieldPath(options.path ?? "");
  const isMeant = matcherOf(options);
  await assertAsOf(log, toOffset);
  await assertBegins(log, id, toOffset);
  const stream = sessionStream(id);
  const from = versions?.first ?? (path === "" ? (await versionAt(log, stream, since)) + 1 : 1);
  const range = { from, ...defined({ to: versions?.last, toOffset }) };
  let before = await documentBefore(log, stream, from);
  let pathFound = path === "";
  for await (const event of eventsOf(log.readStream(stream, range))) {
    const after: SessionDocument | null = evolved(sessions, before, event);
    if (pathFound && !isMeant(event)) {
      before = after;
      continue;
    }
    const entry = atPath(entryOf(event, before, after), path);
    before = after;
    pathFound ||= entry !== undefined;
    if (entry !== undefined && isMeant(event)) yield entry;
  }
  if (!pathFound) throw pathNotFound(id, path);
}

/** Those of the events that are meant whatever they changed: nothing is folded. */
async function* versionsMeant(log: EventLog, id: string, options: SessionLogOptions) {
  const { toOffset, since = 0, until, type, actor } = options;
  const isMeant = matcherOf(options);
  await assertAsOf(log, toOffset);
  await assertBegins(log, id, toOffset);
  const stream = sessionStream(id);
  const from = (await versionAt(log, stream, since)) + 1;
  const end = Math.min(toOffset ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY);
  if (type === undefined && actor === undefined) {
    const last = await versionAt(log, stream, end);
    for (let version = from; version <= last; version++) yield version;
    return;
  }
  for await (const event of eventsOf(log.readStream(stream, { from, toOffset: end }))) {
    if (isMeant(event)) yield event.version;
  }
}

/** Of the stream after an offset; 0 where it has no events by then. */
async function versionAt(log: EventLog, stream: string, offset: number): Promise<number> {
  return offset === 0 ? 0 : ((await log.readLast(stream, { toOffset: offset }))?.version ?? 0);
}

async function documentBefore(log: EventLog, stream: string, version: number): Promise<SessionDocument | null> {
  const last = (await log.readLast(stream))?.version ?? 0;
  return (await new StreamPast(log, sessions, stream, last).stateAt(Math.min(version - 1, last))).document;
}

type Meant = Pick<SealedEvent, "offset" | "type" | "actor">;

function matcherOf({ since = 0, until = Number.POSITIVE_INFINITY, type = "*", actor = "*" }: SessionLogOptions) {
  assertCount("since", since, 0);
  if (until !== Number.POSITIVE_INFINITY) assertCount("until", until, 0);
  const [isType, isActor] = [globMatcher(type), globMatcher(actor)];
  return (event: Meant) => event.offset > since && event.offset <= until && isType(event.type) && isActor(event.actor);
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
