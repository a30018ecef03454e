import { valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, VersionRange } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { evolved } from "./fold.js";
import { sessionNotFound } from "./session-not-found.js";
import { SHORT_EVENTS, StreamPast } from "./stream-past.js";

/** One event of a session, with the record before and after it; undefined where there was no session. */
export interface RecordStep {
  readonly event: SealedEvent;
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
  /** Why the event was passed over, where it was. */
  readonly fault: string | undefined;
}

/** Who did something, when and why: what is told of an event beside a value that it set. */
export interface SetBy {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly reason: string | undefined;
}

/**
 * The history of one session, oldest first. Records share what did not change, so a long history costs little more than
 * its events.
 *
 * @param toOffset inclusive; default the tail
 * @throws NotFoundError SESSION_NOT_FOUND where it has no events (up to that offset)
 */
export async function recordSteps(log: EventLog, id: string, toOffset?: number): Promise<RecordStep[]> {
  const range = toOffset === undefined ? {} : { toOffset };
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readStream(sessionStream(id), range))) events.push(event);
  if (events.length > 0) return stepsOf(events);
  throw sessionNotFound(id, toOffset);
}

/**
 * The same from the last event at or before `since` on: of a long session only what is newer is told apart, so the end of
 * its history costs what it holds. Where the session begins later, from its first event.
 *
 * @throws as {@link recordSteps}
 */
export async function recordStepsFrom(
  log: EventLog,
  id: string,
  since: number,
  toOffset?: number,
): Promise<RecordStep[]> {
  const stream = sessionStream(id);
  const range = toOffset === undefined ? {} : { toOffset };
  const first = await log.readLast(stream, { toOffset: Math.min(since, toOffset ?? since) });
  if (first === undefined || first.version <= SHORT_EVENTS) return recordSteps(log, id, toOffset);
  await assertBegins(log, id, toOffset);
  const last = (await log.readLast(stream)) ?? first;
  return stepsBetween(log, id, new StreamPast(log, sessions, stream, last.version), { ...range, from: first.version });
}

/** Steps that are read at once on the way back; of older ones twice as many each time. */
const FIRST_PART_EVENTS = 1_000;

/**
 * The history of one session in parts, the newest part first; the steps of a part are in order.
 *
 * @throws as {@link recordSteps}
 */
export async function* stepsBackwards(
  log: EventLog,
  id: string,
  toOffset?: number,
): AsyncGenerator<readonly RecordStep[], void, undefined> {
  await assertBegins(log, id, toOffset);
  const stream = sessionStream(id);
  const newest = await log.readLast(stream, toOffset === undefined ? {} : { toOffset });
  const { version: last } = (await log.readLast(stream)) ?? { version: 0 };
  const past = new StreamPast(log, sessions, stream, last);
  for (let to = newest?.version ?? 0, events = FIRST_PART_EVENTS; to > 0; to -= events, events *= 2) {
    yield await stepsBetween(log, id, past, { from: Math.max(1, to - events + 1), to });
  }
}

/** The steps of a part of a session's stream. @param range `from`: a version */
export async function stepsBetween(
  log: EventLog,
  id: string,
  past: StreamPast<SessionDocument>,
  range: VersionRange & { readonly from: number },
): Promise<RecordStep[]> {
  const { document } = await past.stateAt(range.from - 1);
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readStream(sessionStream(id), range))) events.push(event);
  return stepsOf(events, undefined, document);
}

/**
 * That the history of a session is there from its first event on. A part of it is told only where all of it could be:
 * else it would depend on what happens to be kept.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where it has no events (up to that offset); ArchivedError
 */
export async function assertBegins(log: EventLog, id: string, toOffset?: number): Promise<void> {
  const range = toOffset === undefined ? {} : { toOffset };
  for await (const _page of log.readStream(sessionStream(id), { ...range, to: 1 })) return;
  throw sessionNotFound(id, toOffset);
}

/**
 * The same from the events of one session, and the document before them. `then` may change what an event leaves, for
 * histories that never were.
 */
export function stepsOf(
  events: readonly SealedEvent[],
  then: (document: SessionDocument | null, event: SealedEvent) => SessionDocument | null = (document) => document,
  start: SessionDocument | null = null,
): RecordStep[] {
  let document = start;
  return events.map((event) => {
    const before = recordOf(document);
    document = then(evolved(sessions, document, event), event);
    const fault = document?.faults.find(({ offset }) => offset === event.offset)?.why;
    return { event, before, after: recordOf(document), fault };
  });
}

/** A deleted session has no record. */
export function recordOf(document: SessionDocument | null): StoredRecord | undefined {
  return document === null || document.deleted !== null ? undefined : document.record;
}

export function setBy({ offset, version, recordedAt, actor, type, meta }: SealedEvent): SetBy {
  return { offset, version, recordedAt, actor, type, reason: meta.reason };
}

/** The last step at or before an offset; undefined where the session has no events yet. */
export function stepAt(steps: readonly RecordStep[], offset: number): RecordStep | undefined {
  return steps.findLast(({ event }) => event.offset <= offset);
}

/** True where the event changed what is at a place (a JSON Pointer), or inside it. */
export function changedAt({ before, after }: RecordStep, path: string): boolean {
  return before !== after && !isSameJson(valueAt(before, path), valueAt(after, path));
}
