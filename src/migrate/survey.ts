import { setImmediate as nextTurn } from "node:timers/promises";
import { sessionIdOf } from "../../projections/sessions.js";
import type { IntegrityError } from "../errors.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { type AnyProjection, type StateDigests, StateFold } from "./state-digests.js";
import { storageFault } from "./storable.js";

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
  const check = new ChainCheck();
  const fold = new StateFold(options.projections);
  const count = new Count();
  for await (const page of log.readAll({ to: options.to })) {
    await nextTurn(); // pages may come without a turn of the event loop, and a signal must be heard
    options.signal?.throwIfAborted();
    for (const event of page) {
      const fault = check.next(event, () => 0);
      if (fault !== undefined) throw chainBroken(check.tail.offset + 1, `${fault} (${log.url})`);
      fold.add(event);
      if (event.offset > options.after) count.add(event);
    }
    options.onProgress?.(check.tail.offset, options.to);
  }
  if (check.tail.offset !== options.to) throw endsEarly(log.url, check.tail.offset, options.to);
  const { events, bytes, sessions, unstorable, unstorableCount } = count;
  const durationMs = performance.now() - began;
  const counts = { events, bytes, sessions: sessions.size, unstorable, unstorableCount };
  return { tail: check.tail, ...counts, states: fold.digests(), durationMs };
}

function endsEarly(url: string, seen: number, expected: number): IntegrityError {
  return chainBroken(seen + 1, `${url} ends at ${seen}, its tail says ${expected}`);
}

class Count {
  events = 0;
  bytes = 0;
  unstorableCount = 0;
  readonly sessions = new Set<string>();
  readonly unstorable: { offset: number; why: string }[] = [];

  add(event: SealedEvent): void {
    this.events++;
    this.bytes += Buffer.byteLength(encodeLine(event));
    const session = sessionIdOf(event.stream);
    if (session !== undefined) this.sessions.add(session);
    const why = storageFault(event);
    if (why === undefined) return;
    this.unstorableCount++;
    if (this.unstorable.length < MAX_NAMED_FAULTS) this.unstorable.push({ offset: event.offset, why });
  }
}
