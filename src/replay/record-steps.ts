import { valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { evolved } from "./fold.js";
import { sessionNotFound } from "./session-not-found.js";

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

/** The same from the events of one session. `then` may change what an event leaves, for histories that never were. */
export function stepsOf(
  events: readonly SealedEvent[],
  then: (document: SessionDocument | null, event: SealedEvent) => SessionDocument | null = (document) => document,
): RecordStep[] {
  let document: SessionDocument | null = null;
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
