import { sessionStream } from "../../projections/sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import type { SealedEvent, SealedFields } from "../log/event.js";
import { dottedPath } from "./changes.js";
import { eventPaths, type WrittenPlace } from "./event-paths.js";
import { globMatcher } from "./glob.js";

/**
 * Which events are meant. What is absent, or an empty list, is no condition; of a list any one is enough; all conditions
 * must hold. Globs as in {@link globMatcher}.
 */
export interface EventFilter {
  /** Globs. */
  readonly actors?: readonly string[];
  /** Globs. */
  readonly types?: readonly string[];
  /** Ids, exactly. */
  readonly sessions?: readonly string[];
  /** Globs over places in the record, `prState.exists` or `/prState/exists`; see {@link pathMatcher}. */
  readonly paths?: readonly string[];
  /** Offset, exclusive: the events that the state of this point does not have yet. */
  readonly since?: number;
  /** Offset, inclusive. */
  readonly until?: number;
}

const FILTER: KnownOptions<EventFilter> = {
  actors: true,
  types: true,
  sessions: true,
  paths: true,
  since: true,
  until: true,
};

const LISTS = ["actors", "types", "sessions", "paths"] as const;

/** What is known of an event whose data is not. */
export type Envelope = Pick<SealedFields, "offset" | "actor" | "type" | "stream">;

/**
 * All conditions but that on paths. @throws UsageError GLOB_INVALID; TypeError where since or until is no whole number
 * from 0, a condition no list, or one that is not known
 */
export function envelopeMatcher(filter: EventFilter): (event: Envelope) => boolean {
  assertOptions("a filter of events", filter, FILTER);
  const { since = 0, until = Number.MAX_SAFE_INTEGER } = filter;
  for (const name of LISTS) {
    // A text has a length, too, and a filter by one would be none.
    if (filter[name] !== undefined && !Array.isArray(filter[name])) throw new TypeError(`${name} is a list of texts`);
  }
  if (![since, until].every((offset) => Number.isSafeInteger(offset) && offset >= 0)) {
    throw new TypeError("since and until are offsets: whole numbers from 0");
  }
  const isActor = anyOf(filter.actors, globMatcher);
  const isType = anyOf(filter.types, globMatcher);
  const streams = new Set(filter.sessions?.map(sessionStream));
  return ({ offset, actor, type, stream }) =>
    offset > since && offset <= until && (streams.size === 0 || streams.has(stream)) && isActor(actor) && isType(type);
}

/**
 * `prState` matches that place and all that lies inside, `prState.*` only what lies inside. A value that went takes along
 * what lay inside, where the pattern spells the place out: `prState.exists` finds the removal of `prState`. The record as
 * a whole matches everything.
 *
 * @throws UsageError GLOB_INVALID
 */
export function pathMatcher(patterns: readonly string[] | undefined): (place: WrittenPlace) => boolean {
  return anyOf(patterns, (pattern) => {
    const dotted = pattern.startsWith("/") ? dottedPath(pattern) : pattern;
    const isPlace = globMatcher(dotted);
    return ({ path, gone }) =>
      path === "" || (gone && dotted.startsWith(`${dottedPath(path)}.`)) || placesAround(path).some(isPlace);
  });
}

/** @returns of an event that matches, the paths that do (all of them where there is no condition on paths); else undefined */
export function eventMatcher(filter: EventFilter): (event: SealedEvent) => readonly string[] | undefined {
  const isMeant = envelopeMatcher(filter);
  const isPath = pathMatcher(filter.paths);
  return (event) => {
    if (!isMeant(event)) return undefined;
    const places = eventPaths(event).filter(isPath);
    return places.length === 0 && hasPaths(filter) ? undefined : places.map(({ path }) => path);
  };
}

/** The same where nobody asks which paths: data is only parsed where there is a condition on paths. */
export function eventSelector(filter: EventFilter): (event: SealedEvent) => boolean {
  if (!hasPaths(filter)) return envelopeMatcher(filter);
  const matching = eventMatcher(filter);
  return (event) => matching(event) !== undefined;
}

/** True where events must be seen with their data to know whether they match. */
export function hasPaths({ paths = [] }: EventFilter): boolean {
  return paths.length > 0;
}

function anyOf<T>(
  patterns: readonly string[] | undefined,
  matcher: (pattern: string) => (one: T) => boolean,
): (one: T) => boolean {
  const matchers = patterns?.map(matcher) ?? [];
  return (one) => matchers.length === 0 || matchers.some((matches) => matches(one));
}

/** `/a/b/c` as `a`, `a.b` and `a.b.c`. */
function placesAround(pointer: string): string[] {
  const keys = pointer.split("/");
  return keys.slice(1).map((_key, i) => dottedPath(keys.slice(0, i + 2).join("/")));
}
