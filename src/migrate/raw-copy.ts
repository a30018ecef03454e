import type { EventLog } from "../log/event-log.js";
import type { RawRange, RawRows } from "../log/raw-rows.js";
import type { Tail } from "../log/seal.js";
import { appendExpecting, type BatchOptions, copyBatches } from "./copy-batches.js";

/**
 * Each batch is a transaction: it costs some round trips, a wait for the disk, and a pause of the server until the next one
 * has begun.
 */
const BATCH_EVENTS = 50_000;
/** What is thrown away where a migration is killed, of events that are large. */
const BATCH_BYTES = 32 * 1024 * 1024;
/** Less than a connection takes in at once, so that the server has work while the next piece is read. */
const PIECE_BYTES = 384 * 1024;
const FIRST_PIECE_EVENTS = 250;
const MAX_PIECE_EVENTS = 5_000;

export type RawSource = EventLog & Required<Pick<EventLog, "readRaw">>;
export type RawTarget = EventLog & Required<Pick<EventLog, "appendRaw">>;

/** A range that was read before it was its turn. */
interface Ahead extends RawRange {
  readonly from: number;
}

/**
 * Copies rows as text, which is read piece by piece while the target's server stores the pieces before: no event is looked at,
 * and one batch is one transaction however many pieces it has. What cannot be told as text is copied as events.
 */
export class RawCopy {
  readonly #source: RawSource;
  readonly #target: RawTarget;
  readonly #options: BatchOptions;
  #tail: Tail;
  #pieceEvents = FIRST_PIECE_EVENTS;
  #ahead: Ahead | undefined;
  /** What reading has thrown: the target tells its own errors otherwise than those of others. */
  #failure: { readonly error: unknown } | undefined;

  /** @param start the target's tail */
  constructor(source: RawSource, target: RawTarget, start: Tail, options: BatchOptions) {
    this.#source = source;
    this.#target = target;
    this.#tail = start;
    this.#options = options;
  }

  /** @param to inclusive, the end of an append. @returns the target's tail @throws as copyBatches */
  async upTo(to: number): Promise<Tail> {
    while (this.#tail.offset < to) {
      this.#options.signal?.throwIfAborted();
      const from = this.#tail.offset + 1;
      const { rows, to: end } = this.#ahead?.from === from ? this.#ahead : await this.#read(from, to, 0);
      if (rows === undefined) await this.#copyByEvents(from, end);
      else await this.#copyBatch(rows, to);
    }
    return this.#tail;
  }

  async #copyBatch(first: RawRows, to: number): Promise<void> {
    const append = () => this.#target.appendRaw(() => this.#pieces(first, to));
    try {
      this.#tail = await appendExpecting(this.#target, append, this.#tail);
    } catch (error) {
      throw this.#failure === undefined ? error : this.#failure.error;
    }
    this.#options.onBatch?.(this.#tail);
  }

  /** Of one batch. The piece behind it is read, too, while the server still has work. */
  async *#pieces(first: RawRows, to: number): AsyncGenerator<RawRows, void, undefined> {
    const { batchEvents = BATCH_EVENTS } = this.#options;
    this.#failure = undefined;
    let bytes = 0;
    let isFull = false;
    for (let rows: RawRows | undefined = first; rows !== undefined && !isFull; rows = this.#ahead?.rows) {
      yield rows;
      const end: number = rows.tail.offset;
      const events = end - first.from + 1;
      bytes += rows.text.length;
      isFull = events >= batchEvents || bytes >= BATCH_BYTES;
      this.#ahead = end < to ? await this.#readNext(end + 1, to, isFull ? 0 : events) : undefined;
    }
  }

  async #readNext(from: number, to: number, eventsBefore: number): Promise<Ahead> {
    try {
      this.#options.onPiece?.();
      this.#options.signal?.throwIfAborted();
      return await this.#read(from, to, eventsBefore);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async #read(from: number, to: number, eventsBefore: number): Promise<Ahead> {
    const { batchEvents = BATCH_EVENTS } = this.#options;
    const atLeast = Math.min(this.#pieceEvents, batchEvents - eventsBefore);
    const range = await this.#source.readRaw(from, to, atLeast);
    const events = range.to - from + 1;
    if (range.rows !== undefined) this.#pieceEvents = eventsOfPiece(range.rows.text.length / events);
    return { ...range, from };
  }

  async #copyByEvents(from: number, to: number): Promise<void> {
    this.#tail = await copyBatches(this.#source.readAll({ from, to }), this.#target, this.#tail, this.#options);
  }
}

function eventsOfPiece(bytesOfEvent: number): number {
  return Math.min(Math.max(Math.floor(PIECE_BYTES / bytesOfEvent), 1), MAX_PIECE_EVENTS);
}
