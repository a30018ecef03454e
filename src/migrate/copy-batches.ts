import { setImmediate as nextTurn } from "node:timers/promises";
import { ChainBreakError, IntegrityError, UnavailableError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, SealedIntake } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";

/** Many enough that the cost of a transaction does not show, few enough to be held in memory. */
const BATCH_EVENTS = 2_000;
/** Where only their bytes are held, more of them: each batch costs some round trips, and a wait for the disk. */
const TAKEN_EVENTS = 5_000;
const BATCH_CHARS = 8 * 1024 * 1024;
/** Events between two turns of the program: about half a millisecond. */
const STEP_EVENTS = 250;

export interface BatchOptions {
  /** Events of one batch, at least; an append is never divided. Default 2,000; 5,000 where the target keeps only their bytes. */
  readonly batchEvents?: number | undefined;
  /** Called after each batch that is durable, with the target's new tail. */
  readonly onBatch?: ((tail: Tail) => void) | undefined;
  /** Called between two pieces of a batch, where a batch is read piece by piece: for whoever minds the memory. */
  readonly onPiece?: (() => void) | undefined;
  /** Ends the copying between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Appends pages of sealed events to `target`, in batches of whole appends: each is atomic and durable before the next
 * begins, so wherever this ends, the target is a shorter, valid beginning of the source. Each batch must continue the
 * tail that the target has at that moment, which is what keeps two copies into one target from mixing.
 *
 * @param start the target's tail, behind which the first event stands
 * @throws UnavailableError TARGET_CHANGED somebody else has written to the target meanwhile; nothing of his is touched
 * @throws ChainBreakError the events do not fit; IntegrityError APPEND_TORN; what the signal was aborted with
 */
export async function copyBatches(
  pages: AsyncIterable<readonly SealedEvent[]>,
  target: EventLog,
  start: Tail,
  options: BatchOptions = {},
): Promise<Tail> {
  let batch = new Batch(target, options.batchEvents);
  let tail = start;
  let writing: Promise<void> = Promise.resolve();
  const write = async (intake: SealedIntake) => {
    // A backend may answer without ever leaving the microtasks: then no signal, timer or output would get its turn.
    await nextTurn();
    options.signal?.throwIfAborted();
    tail = await appendExpecting(target, () => intake.append(), tail);
    options.onBatch?.(tail);
  };
  // While the target writes one batch, the next is read and taken in: a server works on another core. Never more than two
  // in memory.
  const writeNext = async () => {
    const intake = batch.end();
    batch = new Batch(target, options.batchEvents);
    await writing;
    writing = write(intake);
    writing.catch(() => undefined); // told by the next await
  };
  try {
    // Page by page: a loop that waits for each event takes as long as checking it.
    for await (const page of pages) {
      for (let at = 0; at < page.length; ) {
        at = batch.take(page, at);
        if (batch.isFull) await writeNext();
        // Between two steps the server's answers are heard: it would wait for the next batch to be taken in else.
        else await nextTurn();
      }
    }
    if (!batch.isEmpty) await writeNext();
  } finally {
    await writing;
  }
  return tail;
}

/**
 * Appends to a target that is expected to end at `expected`.
 *
 * @throws UnavailableError TARGET_CHANGED; whatever `append` throws where the target still ends there
 */
export async function appendExpecting(target: EventLog, append: () => Promise<Tail>, expected: Tail): Promise<Tail> {
  try {
    return await append();
  } catch (error) {
    if (!(error instanceof ChainBreakError)) throw error;
    const { offset, hash } = await target.tail();
    if (offset === expected.offset && hash === expected.hash) throw error;
    const message = `somebody else wrote to ${target.url}, which was expected to end at ${expected.offset} and ends at ${offset}`;
    throw new UnavailableError("TARGET_CHANGED", message, {
      hint: "what was copied stays and nothing of the other was touched; do it again: it goes on where it can",
      cause: error,
    });
  }
}

class Batch {
  readonly #intake: SealedIntake;
  readonly #size: number;
  #last: SealedEvent | undefined;
  #events = 0;
  #chars = 0;

  constructor(target: EventLog, size: number | undefined) {
    this.#intake = target.takeSealed?.() ?? new Gathered(target);
    this.#size = size ?? (target.takeSealed === undefined ? BATCH_EVENTS : TAKEN_EVENTS);
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Full, and at the end of an append. */
  get isFull(): boolean {
    if (this.#last === undefined || this.#last.offset !== this.#last.commit) return false;
    return this.#events >= this.#size || this.#chars >= BATCH_CHARS;
  }

  /** Takes some of the events of a page from `start` on: until it is full, and never many. @returns the next index */
  take(page: readonly SealedEvent[], start: number): number {
    const end = Math.min(page.length, start + STEP_EVENTS);
    let at = start;
    while (at < end && !this.isFull) this.#count(page[at++] as SealedEvent);
    this.#intake.add(start === 0 && at === page.length ? page : page.slice(start, at));
    return at;
  }

  #count(event: SealedEvent): void {
    this.#last = event;
    this.#events++;
    this.#chars += (event.dataText?.length ?? 0) + event.metaText.length;
  }

  /** @throws IntegrityError APPEND_TORN */
  end(): SealedIntake {
    const last = this.#last;
    if (last !== undefined && last.offset !== last.commit) {
      const message = `the append that is to end at offset ${last.commit} has no end`;
      throw new IntegrityError("APPEND_TORN", message, {
        offset: last.offset,
        hint: "the source ends in the middle of an append: look at it with sessiondb doctor",
      });
    }
    return this.#intake;
  }
}

/** For a target that takes all events at once. */
class Gathered implements SealedIntake {
  readonly #target: EventLog;
  readonly #events: SealedEvent[] = [];

  constructor(target: EventLog) {
    this.#target = target;
  }

  add(events: readonly SealedEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  append(): Promise<Tail> {
    return this.#target.appendSealed(this.#events);
  }
}
