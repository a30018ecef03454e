import type { SealedEvent } from "../event.js";
import type { ArchivedPart } from "./archived-part.js";
import { IdTable } from "./id-table.js";

const FIRST_EVENTS = 1024;

/**
 * What an append and a stream read must know of the whole file: where each line begins, each stream's last event, and
 * which ids are taken. Built from the file when it is first needed; 30 bytes an event plus the names of the streams.
 */
export class LogIndex {
  readonly #ids = new IdTable();
  readonly #streams = new Map<string, { version: number; last: number }>();
  /** Byte position of each line, and behind them that of the end. */
  #positions = new Float64Array(FIRST_EVENTS + 1);
  /** Offset of the event before it in the same stream; 0 for the first. */
  #previous = new Uint32Array(FIRST_EVENTS);
  #count = 0;
  readonly #before: ArchivedPart;

  /** `before`: what lies before the first line. */
  constructor(before: ArchivedPart) {
    this.#before = before;
  }

  /** The last offset indexed. */
  get last(): number {
    return this.#before.base.offset + this.#count;
  }

  /** Bytes indexed: the next line begins there. */
  get end(): number {
    return this.#positions[this.#count] as number;
  }

  /** `lineEnd` is behind the newline; the line must begin at `end`. */
  add(event: SealedEvent, lineEnd: number): void {
    if (this.#count === this.#previous.length) this.#grow();
    this.#positions[this.#count + 1] = lineEnd;
    this.#ids.add(event.id, event.offset);
    const stream = this.#streams.get(event.stream);
    this.#previous[this.#count] = stream?.last ?? 0;
    this.#count++;
    if (stream === undefined) this.#streams.set(ownCopy(event.stream), { version: event.version, last: event.offset });
    else {
      stream.version = event.version;
      stream.last = event.offset;
    }
  }

  /** Byte position of the line of an offset from the first one to `last`; the end for the one behind it. */
  positionOf(offset: number): number {
    return this.#positions[offset - 1 - this.#before.base.offset] as number;
  }

  /** 0 for a stream without events. */
  versionOf(stream: string): number {
    return this.#streams.get(stream)?.version ?? this.#before.versionOf(stream);
  }

  offsetsWithId(id: string): Iterable<number> {
    return this.#ids.candidates(id);
  }

  /** The offsets of a stream that have lines, in order of their versions. */
  offsetsOf(stream: string): number[] {
    const offsets: number[] = [];
    for (let at = this.#streams.get(stream)?.last ?? 0; at !== 0; at = this.#previousOf(at)) offsets.push(at);
    return offsets.reverse();
  }

  /** The last offset of a stream up to `maxOffset` (inclusive); 0 where there is none. */
  lastOffsetOf(stream: string, maxOffset: number): number {
    let at = this.#streams.get(stream)?.last ?? 0;
    while (at > maxOffset) at = this.#previousOf(at);
    return at;
  }

  #previousOf(offset: number): number {
    return this.#previous[offset - 1 - this.#before.base.offset] as number;
  }

  #grow(): void {
    const positions = new Float64Array(this.#previous.length * 2 + 1);
    positions.set(this.#positions);
    this.#positions = positions;
    const previous = new Uint32Array(this.#previous.length * 2);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}

/** V8 keeps the whole text alive that a substring was cut from: here half a megabyte for each name. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}
