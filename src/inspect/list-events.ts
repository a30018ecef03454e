import { sessionStream } from "../../projections/sessions.js";
import { assertOptions } from "../config/known-options.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { type EventFilter, eventSelector } from "./event-filter.js";
import { type FilteredRange, filteredRange } from "./filtered-range.js";

export interface ListEventsOptions {
  /** Inclusive: the log as it was then. Default the tail. */
  readonly head?: number;
  /** Only the newest so many of those that match. */
  readonly limit?: number;
  /** Newest first. */
  readonly reverse?: boolean;
  /** Ends it; the generator then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Events at consecutive places: offsets of the log, or versions of a stream. */
interface Walk {
  readonly first: number;
  readonly last: number;
  read(from: number, to: number): AsyncIterable<SealedEvent>;
  placeOf(event: SealedEvent): number;
}

/** Events that are held at once on the way back. */
const WINDOW = 200;

/**
 * The events of a log that match, oldest first, or newest first with `reverse`. Memory is bounded whatever the length of
 * the log. A range without events, or without any that match, gives none.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where a session of the filter has no event at `head`; UsageError GLOB_INVALID;
 *   TypeError where `limit` is no whole number from 0
 */
export async function* listEvents(
  log: EventLog,
  filter: EventFilter = {},
  options: ListEventsOptions = {},
): AsyncGenerator<SealedEvent, void, undefined> {
  assertLog(log);
  assertOptions("listEvents", options, { head: true, limit: true, reverse: true, signal: true });
  const { limit = Number.POSITIVE_INFINITY, reverse = false, signal } = options;
  if (limit !== Number.POSITIVE_INFINITY) assertCount("limit", limit, 0);
  const matches = eventSelector(filter);
  const wanted = (event: SealedEvent) => {
    signal?.throwIfAborted();
    return matches(event);
  };
  const walk = await walkOf(log, filter, await filteredRange(log, filter, options.head));
  if (walk.first > walk.last) return;
  if (reverse) return yield* taken(backwards(walk, wanted), limit);
  const first = Number.isFinite(limit) ? await firstOfNewest(walk, wanted, limit) : walk.first;
  for await (const event of walk.read(first, walk.last)) if (wanted(event)) yield event;
}

/** Who asks for one session reads no other. */
async function walkOf(log: EventLog, { sessions }: EventFilter, range: FilteredRange): Promise<Walk> {
  const [session, ...others] = new Set(sessions);
  return session === undefined || others.length > 0 ? logWalk(log, range) : streamWalk(log, range, session);
}

function logWalk(log: EventLog, { from: after, to: last }: FilteredRange): Walk {
  const read = (from: number, to: number) => eventsOf(log.readAll({ from, to }));
  return { first: after + 1, last, read, placeOf: (event) => event.offset };
}

async function streamWalk(log: EventLog, { from: after, to }: FilteredRange, session: string): Promise<Walk> {
  const stream = sessionStream(session);
  const lastAt = async (offset: number) => (await log.readLast(stream, { toOffset: offset }))?.version ?? 0;
  const first = (after > 0 ? await lastAt(after) : 0) + 1;
  const last = await lastAt(to);
  const read = (from: number, end: number) => eventsOf(log.readStream(stream, { from, to: end }));
  return { first, last, read, placeOf: (event) => event.version };
}

async function* backwards({ first, last, read }: Walk, wanted: (event: SealedEvent) => boolean) {
  for (let to = last; to >= first; to -= WINDOW) {
    const window: SealedEvent[] = [];
    for await (const event of read(Math.max(first, to - WINDOW + 1), to)) if (wanted(event)) window.push(event);
    yield* window.reverse();
  }
}

async function* taken(events: AsyncGenerator<SealedEvent>, limit: number) {
  let left = limit;
  if (left > 0)
    for await (const event of events) {
      yield event;
      if (--left === 0) return;
    }
}

/** The place from which on there are `limit` wanted events. */
async function firstOfNewest(walk: Walk, wanted: (event: SealedEvent) => boolean, limit: number): Promise<number> {
  if (limit === 0) return walk.last + 1;
  let [place, found] = [walk.first, 0];
  for await (const event of taken(backwards(walk, wanted), limit)) {
    place = walk.placeOf(event);
    found++;
  }
  return found < limit ? walk.first : place;
}
