import type { SealedEvent } from "../../log/event.js";
import { TextTable } from "./text-table.js";

const FIRST_ROOM = 4_096;

/**
 * What pictures of a log need of its events, without their data: some 24 bytes an event, so that a million of them are
 * kept and scanned in milliseconds. Row 0 is the event at offset 1.
 *
 * The arrays are longer than `count` and are replaced when they grow: ask for them anew after every wait.
 */
export class EventColumns {
  readonly types = new TextTable();
  readonly actors = new TextTable();
  readonly streams = new TextTable();
  /** Numbers in `types`, `actors` and `streams`. */
  type = new Uint32Array(FIRST_ROOM);
  actor = new Uint32Array(FIRST_ROOM);
  stream = new Uint32Array(FIRST_ROOM);
  /** UTF-16 units of data and meta. */
  chars = new Uint32Array(FIRST_ROOM);
  /** recordedAt, in ms since 1970; never smaller than in the row before. */
  timeMs = new Float64Array(FIRST_ROOM);
  readonly #perStream: number[] = [];
  #count = 0;
  #hash = "";

  /** Events that are in it: offsets 1 to `count`. */
  get count(): number {
    return this.#count;
  }

  /** Of the last event; empty where there is none. */
  get lastHash(): string {
    return this.#hash;
  }

  add(event: SealedEvent): void {
    const row = this.#count;
    if (row === this.type.length) this.#grow();
    this.type[row] = this.types.numberOf(event.type);
    this.actor[row] = this.actors.numberOf(event.actor);
    const stream = this.streams.numberOf(event.stream);
    this.stream[row] = stream;
    this.#perStream[stream] = (this.#perStream[stream] ?? 0) + 1;
    this.chars[row] = (event.dataText?.length ?? 0) + event.metaText.length;
    this.timeMs[row] = Date.parse(event.recordedAt);
    this.#count = row + 1;
    this.#hash = event.hash;
  }

  /** How many events a stream has here. */
  eventsOf(stream: string): number {
    return this.#perStream[this.streams.find(stream) ?? -1] ?? 0;
  }

  /** ISO 8601 of the event at an offset, from 1 to `count`. */
  recordedAt(offset: number): string {
    return new Date(this.timeMs[offset - 1] as number).toISOString();
  }

  /** The first offset recorded at `ms` or later; `count + 1` where there is none. */
  offsetFrom(ms: number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.timeMs[middle] as number) < ms) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  #grow(): void {
    const room = this.type.length * 2;
    this.type = grown(this.type, new Uint32Array(room));
    this.actor = grown(this.actor, new Uint32Array(room));
    this.stream = grown(this.stream, new Uint32Array(room));
    this.chars = grown(this.chars, new Uint32Array(room));
    this.timeMs = grown(this.timeMs, new Float64Array(room));
  }
}

function grown<T extends Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
