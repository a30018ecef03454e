import { sessionIdOf } from "../../projections/sessions.js";
import { assertOptions } from "../config/known-options.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { checkedEvents, tailAt } from "./checked-events.js";
import { type EventFilter, eventMatcher } from "./event-filter.js";
import { filteredRange } from "./filtered-range.js";

/** One event that matches: who did what, when, where and why. */
export interface AuditEntry {
  readonly offset: number;
  readonly version: number;
  /** ISO 8601 UTC. */
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly stream: string;
  /** undefined where the stream is no session's. */
  readonly session: string | undefined;
  readonly reason: string | undefined;
  /** JSON Pointers of what the event wrote; with a condition on paths only those that match. */
  readonly paths: readonly string[];
  /** True where the event's data was erased: nobody knows its paths. */
  readonly redacted: boolean;
}

export interface AuditOptions {
  /** Inclusive: the log as it was then; behind its tail that is the tail. Default the tail. */
  readonly head?: number;
  /** Called for every event that was read, also those that do not match. */
  readonly onRead?: (offset: number) => void;
}

/** What the audit as a whole can say at its end. */
export interface AuditSummary {
  /** Events that match. */
  readonly events: number;
  /** Different sessions among them. */
  readonly sessions: number;
  /** Different streams of other kinds among them: of collaboration, logins, marks. */
  readonly otherStreams: number;
  /** Offsets of the first and the last event that match; undefined where none does. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** The offsets that were read, both inclusive, whose chain was recomputed; undefined where the range is empty. */
  readonly verified: { readonly from: number; readonly to: number } | undefined;
  /** The offset at which all this was true. */
  readonly head: number;
}

/**
 * The audit trail of the whole log, oldest first: the events that match, while the hash of every event in the range is
 * recomputed. Memory grows with the number of streams, not of events.
 *
 * @returns the summary, as the generator's return value
 * @throws NotFoundError SESSION_NOT_FOUND where a session of the filter has no event at `head`; UsageError GLOB_INVALID;
 *   TypeError where `since`, `until` or `head` is no whole number from 0; IntegrityError CHAIN_BROKEN at the first event that was changed: those before it have been handed out
 */
export async function* audit(
  log: EventLog,
  filter: EventFilter = {},
  options: AuditOptions = {},
): AsyncGenerator<AuditEntry, AuditSummary, undefined> {
  assertLog(log);
  assertOptions("audit", options, { head: true, onRead: true });
  const matching = eventMatcher(filter);
  const { head, from, to } = await filteredRange(log, filter, options.head);
  const streams = new Set<string>();
  let [events, first, last]: [number, number?, number?] = [0];
  for await (const event of checkedEvents(log, await tailAt(log, from), to)) {
    options.onRead?.(event.offset);
    const paths = matching(event);
    if (paths === undefined) continue;
    streams.add(event.stream);
    events++;
    first ??= event.offset;
    last = event.offset;
    yield entryOf(event, paths);
  }
  const verified = from < to ? { from: from + 1, to } : undefined;
  return { events, ...streamCounts(streams), first, last, verified, head };
}

/** How many of these are sessions, and how many are not. */
export function streamCounts(streams: ReadonlySet<string>): { sessions: number; otherStreams: number } {
  let sessions = 0;
  for (const stream of streams) if (sessionIdOf(stream) !== undefined) sessions++;
  return { sessions, otherStreams: streams.size - sessions };
}

function entryOf(event: SealedEvent, paths: readonly string[]): AuditEntry {
  const { offset, version, recordedAt, actor, type, stream, redacted } = event;
  const reason: unknown = event.meta.reason; // events of other programs may hold anything there
  return {
    offset,
    version,
    recordedAt,
    actor,
    type,
    stream,
    session: sessionIdOf(stream),
    reason: typeof reason === "string" ? reason : undefined,
    paths,
    redacted,
  };
}
