import type { SharedFolded } from "./fold.js";
import type { FoldedTo } from "./fold-log.js";

/** Nearer together they would cost more than the events between them. */
const MIN_SPACING_EVENTS = 2_000;
const MAX_SNAPSHOTS = 64;
/** All snapshots together, as estimated. Most take half of it: copies of a document share the texts that did not change. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
/** About: one id in the two maps of a snapshot. */
const BYTES_PER_ID = 100;
const BYTES_PER_OBJECT = 32;
const BYTES_PER_MEMBER = 8;
/** Documents that are measured, to know how large those of a snapshot are. */
const SAMPLE_DOCUMENTS = 16;

interface Held<D extends object> extends FoldedTo<D> {
  /** Documents that the one before it does not have. */
  readonly changed: number;
  /** Mean of those. */
  readonly documentBytes: number;
}

/**
 * States of one log at several offsets, evenly spread and limited in memory. They share the documents that did not change
 * between them. When they become too many or too large, every other one makes room; the last one stays, whatever it takes.
 */
export class HeldSnapshots<D extends object> {
  #held: Held<D>[] = [];
  #spacing = MIN_SPACING_EVENTS;

  /** Before the first one is taken of a log that has so many events. Where it grows, `hold` widens the spacing. */
  spreadOver(events: number): void {
    this.#spacing = Math.max(MIN_SPACING_EVENTS, this.#spacing, Math.ceil(events / MAX_SNAPSHOTS));
  }

  /** True where a snapshot at this offset is far enough behind the last one. */
  isDue(offset: number): boolean {
    return offset - (this.#held.at(-1)?.checkpoint.offset ?? 0) >= this.#spacing;
  }

  /** Takes a state over that is behind all others; `changed` since the last one. */
  hold({ changed, ...state }: FoldedTo<D> & SharedFolded<D>): void {
    this.#held.push({ ...state, changed: changed.length, documentBytes: meanBytes(changed) });
    while (this.#held.length > MAX_SNAPSHOTS || (this.#bytes() > MAX_HELD_BYTES && this.#held.length > 1)) {
      this.#held = everyOther(this.#held);
      this.#spacing *= 2;
    }
  }

  /** @returns undefined where there is none at or before `offset` */
  nearest(offset: number): FoldedTo<D> | undefined {
    return this.#held.findLast(({ checkpoint }) => checkpoint.offset <= offset);
  }

  clear(): void {
    this.#held = [];
  }

  #bytes(): number {
    return this.#held.reduce((sum, { changed, documentBytes, versions }) => {
      return sum + changed * documentBytes + versions.size * BYTES_PER_ID;
    }, 0);
  }
}

/** The last one stays; each takes over what the one before it, which goes, has shared with those behind it. */
function everyOther<D extends object>(held: readonly Held<D>[]): Held<D>[] {
  return held.flatMap((snapshot, i) => {
    if ((held.length - i) % 2 === 0) return [];
    const before = held[i - 1];
    if (before === undefined) return [snapshot];
    const changed = Math.min(before.changed + snapshot.changed, snapshot.documents.size);
    return [{ ...snapshot, changed, documentBytes: Math.max(before.documentBytes, snapshot.documentBytes) }];
  });
}

function meanBytes(documents: readonly object[]): number {
  const step = Math.max(1, Math.floor(documents.length / SAMPLE_DOCUMENTS));
  const sample = documents.filter((_, i) => i % step === 0);
  return sample.reduce((sum, document) => sum + bytesOf(document), 0) / Math.max(1, sample.length);
}

/** Of a plain JSON value, roughly; a character counts as a byte. */
function bytesOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum, member) => sum + BYTES_PER_MEMBER + bytesOf(member), BYTES_PER_OBJECT);
}
