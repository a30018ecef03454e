import type { SealedEvent } from "../../log/event.js";
import { eventPaths, type WrittenPlace } from "../event-paths.js";
import { TextTable } from "./text-table.js";

/** Different paths that are told apart. A record may have its keys from anywhere, and with each event others. */
export const MAX_PATHS = 100_000;
/** Longer paths are not told apart either. */
export const MAX_PATH_CHARS = 1_000;
/** Places of one event that are kept. */
const MAX_PLACES_OF_EVENT = 1_000;
const FIRST_ROOM = 4_096;

/** Stands for all paths that are not told apart. */
export const UNNAMED = 0x7fff_ffff;

/**
 * Which places of records every event writes, as numbers: four bytes an event, and four for each place that it writes. Row 0
 * is the event at offset 1.
 */
export class PathPlaces {
  /** JSON Pointers. */
  readonly paths = new TextTable();
  #starts = new Uint32Array(FIRST_ROOM);
  #places = new Uint32Array(FIRST_ROOM);
  #count = 0;
  #used = 0;

  /** Events that are in it. */
  get count(): number {
    return this.#count;
  }

  add(event: SealedEvent): void {
    // Of a log that was cut back while it was read some may lack.
    while (this.#count < event.offset - 1) this.#addRow([]);
    this.#addRow(numbered(this.paths, eventPaths(event)));
  }

  /** What a row's event writes: each is twice the number of its path (or of UNNAMED), and one more where a value went. */
  of(row: number): Uint32Array {
    if (row >= this.#count) return this.#places.subarray(0, 0);
    const end = row + 1 < this.#count ? (this.#starts[row + 1] as number) : this.#used;
    return this.#places.subarray(this.#starts[row] as number, end);
  }

  #addRow(places: readonly number[]): void {
    if (this.#count === this.#starts.length) this.#starts = grown(this.#starts, this.#count * 2);
    const needed = this.#used + places.length;
    if (needed > this.#places.length) this.#places = grown(this.#places, needed * 2);
    this.#starts[this.#count++] = this.#used;
    this.#places.set(places, this.#used);
    this.#used = needed;
  }
}

/** The path of a place. */
export function pathOf(place: number): number {
  return place >>> 1;
}

/** Each path once, as eventPaths gives them; those that are not told apart are one. */
function numbered(table: TextTable, places: readonly WrittenPlace[]): number[] {
  const numbers: number[] = [];
  let hasUnnamed = places.length > MAX_PLACES_OF_EVENT;
  for (const { path, gone } of places.slice(0, MAX_PLACES_OF_EVENT)) {
    const known = path.length > MAX_PATH_CHARS ? undefined : (table.find(path) ?? newNumber(table, path));
    if (known === undefined) hasUnnamed = true;
    else numbers.push(known * 2 + (gone ? 1 : 0));
  }
  if (hasUnnamed) numbers.push(UNNAMED * 2);
  return numbers;
}

function newNumber(table: TextTable, path: string): number | undefined {
  return table.texts.length < MAX_PATHS ? table.numberOf(path) : undefined;
}

function grown(old: Uint32Array<ArrayBuffer>, room: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(room);
  larger.set(old);
  return larger;
}
