import { setImmediate as nextTurn } from "node:timers/promises";
import { ChainBreakError, IntegrityError, UnavailableError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, PreparedAppend } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";

/** Many enough that the cost of a transaction does not show, few enough to be held in memory. */
const BATCH_EVENTS = 2_000;
const BATCH_CHARS = 16 * 1024 * 1024;

export interface BatchOptions {
  /** Events of one batch, at least; an append is never divided. Default 2,000. */
  readonly batchEvents?: number | undefined;
  /** Called after each batch that is durable, with the target's new tail. */
  readonly onBatch?: ((tail: Tail) => void) | undefined;
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
  const batch = new Batch(options.batchEvents ?? BATCH_EVENTS);
  let tail = start;
  let writing: Promise<void> = Promise.resolve();
  const write = async (prepared: PreparedAppend) => {
    // A backend may answer without ever leaving the microtasks: then no signal, timer or output would get its turn.
    await nextTurn();
    options.signal?.throwIfAborted();
    tail = await appendBatch(target, prepared, tail);
    options.onBatch?.(tail);
  };
  // While the target writes one batch, the next is read and prepared: a server works on another core. Never more than two
  // in memory.
  const writeNext = async () => {
    const prepared = preparedFor(target, batch.take());
    await writing;
    writing = write(prepared);
    writing.catch(() => undefined); // told by the next await
  };
  try {
    // Page by page: a loop that waits for each event takes as long as checking it.
    for await (const page of pages) {
      for (const event of page) {
        batch.add(event);
        if (batch.isFull) await writeNext();
      }
    }
    if (!batch.isEmpty) await writeNext();
  } finally {
    await writing;
  }
  return tail;
}

function preparedFor(target: EventLog, events: readonly SealedEvent[]): PreparedAppend {
  return target.prepareSealed?.(events) ?? { append: () => target.appendSealed(events) };
}

async function appendBatch(target: EventLog, prepared: PreparedAppend, expected: Tail): Promise<Tail> {
  try {
    return await prepared.append();
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
  readonly #size: number;
  #events: SealedEvent[] = [];
  #chars = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(event: SealedEvent): void {
    this.#events.push(event);
    this.#chars += (event.dataText?.length ?? 0) + event.metaText.length;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Full, and at the end of an append. */
  get isFull(): boolean {
    const last = this.#events.at(-1);
    if (last === undefined || last.offset !== last.commit) return false;
    return this.#events.length >= this.#size || this.#chars >= BATCH_CHARS;
  }

  /** @throws IntegrityError APPEND_TORN */
  take(): SealedEvent[] {
    const events = this.#events;
    const last = events.at(-1);
    if (last !== undefined && last.offset !== last.commit) {
      const message = `the append that is to end at offset ${last.commit} has no end`;
      throw new IntegrityError("APPEND_TORN", message, { offset: last.offset });
    }
    this.#events = [];
    this.#chars = 0;
    return events;
  }
}
