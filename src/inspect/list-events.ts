import { sessionStream } from "../../projections/sessions.js";
import { NotFoundError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { type EventSelection, selects } from "./event-selection.js";

export interface EventQuery extends EventSelection {
  /** Events after this offset come. Default 0: from the first. */
  readonly after?: number;
  /** Inclusive. Default the tail when the read begins. */
  readonly to?: number;
  /** Only the newest so many of those that are selected. */
  readonly limit?: number;
  /** Newest first. */
  readonly reverse?: boolean;
}

/** Events at consecutive places: offsets of the log, or versions of a stream. */
interface Walk {
  readonly first: number;
  readonly last: number;
  read(from: number, to: number): AsyncGenerator<SealedEvent>;
  placeOf(event: SealedEvent): number;
}

/** Events that are held at once on the way back. */
const WINDOW = 200;

/**
 * The selected events of a log, oldest first, or newest first with `reverse`. Memory is bounded whatever the length of the
 * log. A range without events, or without selected ones, gives none.
 *
 * @throws NotFoundError SESSION_NOT_FOUND the session that is named has no event up to `to`
 */
export async function* listEvents(log: EventLog, query: EventQuery = {}): AsyncGenerator<SealedEvent, void, undefined> {
  const { limit = Number.POSITIVE_INFINITY, reverse = false } = query;
  const wanted = selects(query);
  const walk = query.session === undefined ? await logWalk(log, query) : await streamWalk(log, query, query.session);
  if (reverse) return yield* taken(backwards(walk, wanted), limit);
  const first = Number.isFinite(limit) ? await firstOfNewest(walk, wanted, limit) : walk.first;
  for await (const event of walk.read(first, walk.last)) if (wanted(event)) yield event;
}

async function logWalk(log: EventLog, { after = 0, to }: EventQuery): Promise<Walk> {
  const { offset } = await log.tail();
  const read = (from: number, end: number) => eventsOf(log.readAll({ from, to: end }));
  return { first: after + 1, last: Math.min(to ?? offset, offset), read, placeOf: (event) => event.offset };
}

async function streamWalk(log: EventLog, { after = 0, to }: EventQuery, session: string): Promise<Walk> {
  const stream = sessionStream(session);
  let [first, last] = [1, 0];
  for await (const { offset, version } of eventsOf(log.readStream(stream, to === undefined ? {} : { toOffset: to }))) {
    if (offset <= after) first = version + 1;
    last = version;
  }
  if (last === 0) {
    throw new NotFoundError("SESSION_NOT_FOUND", `there is no session ${JSON.stringify(session)} (then)`, {
      hint: "run: sessiondb session list",
    });
  }
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
