import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventLog } from "../log/event-log.js";
import type { RawRows } from "../log/raw-rows.js";
import type { Tail } from "../log/seal.js";
import { appendExpecting, type BatchOptions, copyBatches } from "./copy-batches.js";

/** Each batch costs some round trips and a wait for the disk; two are in memory, and what is left of some more. */
const RAW_EVENTS = 5_000;

type RawSource = EventLog & Required<Pick<EventLog, "readRaw">>;
type RawTarget = EventLog & Required<Pick<EventLog, "appendRaw">>;

/**
 * Copies what stands in `source` behind `start`, the target's tail, up to `to` (inclusive, the end of an append), in
 * batches as copyBatches does. Where the source tells rows as text and the target takes them, no event is looked at on the
 * way; so whoever calls this has verified the source before, and verifies the target afterwards.
 *
 * @throws as copyBatches
 */
export async function copyEvents(
  source: EventLog,
  target: EventLog,
  start: Tail,
  to: number,
  options: BatchOptions = {},
): Promise<Tail> {
  if (tellsRaw(source) && takesRaw(target)) return new RawCopy(source, target, start, options).upTo(to);
  return copyBatches(source.readAll({ from: start.offset + 1, to }), target, start, options);
}

/** Whether the target's server does nearly all of the work, so that there is time for other things meanwhile. */
export function copiesRaw(source: EventLog, target: EventLog): boolean {
  return tellsRaw(source) && takesRaw(target);
}

function tellsRaw(log: EventLog): log is RawSource {
  return log.readRaw !== undefined;
}

function takesRaw(log: EventLog): log is RawTarget {
  return log.appendRaw !== undefined;
}

class RawCopy {
  readonly #source: RawSource;
  readonly #target: RawTarget;
  readonly #options: BatchOptions;
  #tail: Tail;
  #writing: Promise<void> = Promise.resolve();

  constructor(source: RawSource, target: RawTarget, start: Tail, options: BatchOptions) {
    this.#source = source;
    this.#target = target;
    this.#tail = start;
    this.#options = options;
  }

  /** While the target writes one batch, the next is read. */
  async upTo(to: number): Promise<Tail> {
    try {
      for (let from = this.#tail.offset + 1; from <= to; ) {
        const { rows, to: end } = await this.#source.readRaw(from, to, this.#options.batchEvents ?? RAW_EVENTS);
        await this.#writing;
        if (rows === undefined) await this.#copyByEvents(from, end);
        else this.#begin(rows);
        from = end + 1;
        await nextTurn();
      }
    } finally {
      await this.#writing;
    }
    return this.#tail;
  }

  #begin(rows: RawRows): void {
    this.#writing = this.#write(rows);
    this.#writing.catch(() => undefined); // told by the next await
  }

  async #write(rows: RawRows): Promise<void> {
    const { signal, onBatch } = this.#options;
    signal?.throwIfAborted();
    this.#tail = await appendExpecting(this.#target, () => this.#target.appendRaw(rows), this.#tail);
    onBatch?.(this.#tail);
  }

  async #copyByEvents(from: number, to: number): Promise<void> {
    this.#tail = await copyBatches(this.#source.readAll({ from, to }), this.#target, this.#tail, this.#options);
  }
}
