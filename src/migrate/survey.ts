import { sessionIdOf } from "../../projections/sessions.js";
import { webSessions } from "../../projections/web-sessions.js";
import type { SealedEvent } from "../log/event.js";
import { lineBytes } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { LogWalk } from "./log-walk.js";
import type { AnyProjection, StateDigests } from "./state-digests.js";
import { StorageCheck } from "./storable.js";

/** Faults that are named; the others are counted. */
const MAX_NAMED_FAULTS = 10;

export interface SurveyOptions {
  /** Inclusive. */
  readonly to: number;
  /** Events up to it are verified and folded, but not counted. */
  readonly after: number;
  readonly projections: readonly AnyProjection[];
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one pass over a log found. Counts are of the events behind `after`. */
export interface Survey {
  readonly tail: Tail;
  readonly events: number;
  /** As lines of JSONL. */
  readonly bytes: number;
  /** Sessions that have an event among them. */
  readonly sessions: number;
  /** Values that some backend could not hold: the first ten. */
  readonly unstorable: readonly { readonly offset: number; readonly why: string }[];
  readonly unstorableCount: number;
  /** Events of web sessions, whose keys are not in the log. */
  readonly webEvents: number;
  readonly states: StateDigests;
  readonly durationMs: number;
}

/**
 * Reads a log from its beginning: recomputes the chain, folds the states, and counts what is to be copied. Memory grows
 * with the number of sessions, not of events.
 *
 * @throws IntegrityError the first event that is wrong; whatever reading throws; what the signal was aborted with
 */
export async function survey(log: EventLog, options: SurveyOptions): Promise<Survey> {
  const began = performance.now();
  const { to, after, projections, onProgress, signal } = options;
  const walk = new LogWalk(log, projections);
  const count = new Count();
  const onEvent = (event: SealedEvent) => {
    if (event.offset > after) count.add(event);
  };
  await walk.advance(to, { onEvent, onProgress, signal });
  const { events, bytes, sessions, unstorable, unstorableCount, webEvents } = count;
  const durationMs = performance.now() - began;
  const counts = { events, bytes, sessions: sessions.size, unstorable, unstorableCount, webEvents };
  return { tail: walk.tail, ...counts, states: walk.digests(), durationMs };
}

class Count {
  events = 0;
  bytes = 0;
  unstorableCount = 0;
  webEvents = 0;
  readonly sessions = new Set<string>();
  readonly #storage = new StorageCheck();
  readonly unstorable: { offset: number; why: string }[] = [];

  add(event: SealedEvent): void {
    this.events++;
    this.bytes += lineBytes(event);
    const session = sessionIdOf(event.stream);
    if (session !== undefined) this.sessions.add(session);
    else if (webSessions.idOf(event.stream) !== undefined) this.webEvents++;
    const why = this.#storage.fault(event);
    if (why === undefined) return;
    this.unstorableCount++;
    if (this.unstorable.length < MAX_NAMED_FAULTS) this.unstorable.push({ offset: event.offset, why });
  }
}
