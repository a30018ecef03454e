import { OwnText } from "../log/own-text.js";

export interface SizeOfKey<Key> {
  readonly key: Key;
  readonly events: number;
  readonly size: number;
}

interface Growing<Key> {
  readonly key: Key;
  events: number;
  size: number;
  /** What may have been counted for this key before it came in here, at most. */
  readonly missed: number;
}

/**
 * How many events there are of each key, and how large they are together. With a bound, those that are largest are kept:
 * when there are twice as many keys as the bound, the smaller half is forgotten. A key that comes (again) after that may
 * have been as large as the largest that was forgotten; that much, and no more, its size may lack. So a key that is larger
 * than `missedAtMost` is never forgotten, and up to twice the bound everything is exact.
 */
export class SizeTally<Key extends string | number> {
  readonly #bound: number;
  #counts = new Map<Key, Growing<Key>>();
  #missedAtMost = 0;
  #isExact = true;

  /** @param bound keys that are kept at least, from 1 */
  constructor(bound = Number.POSITIVE_INFINITY) {
    this.#bound = bound;
  }

  /** False where keys were forgotten: sizes and events are lower bounds then. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** What the size of any key may lack, also of one that is not here. 0 where nothing was forgotten. */
  get missedAtMost(): number {
    return this.#missedAtMost;
  }

  get keys(): number {
    return this.#counts.size;
  }

  add(key: Key, size: number): void {
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.events++;
      known.size += size;
      return;
    }
    if (this.#counts.size >= 2 * this.#bound) this.#forgetSmaller();
    const own = typeof key === "string" ? (new OwnText().of(key) as Key) : key; // a string is given back as a string
    this.#counts.set(own, { key: own, events: 1, size, missed: this.#missedAtMost });
  }

  /** The largest first; those of one size by key. */
  largest(limit = Number.POSITIVE_INFINITY): SizeOfKey<Key>[] {
    const all = [...this.#counts.values()].sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1));
    return all.slice(0, limit).map(({ key, events, size }) => ({ key, events, size }));
  }

  of(key: Key): number {
    return this.#counts.get(key)?.size ?? 0;
  }

  #forgetSmaller(): void {
    const most = ({ size, missed }: Growing<Key>) => size + missed;
    const all = [...this.#counts.values()].sort((a, b) => most(b) - most(a));
    this.#missedAtMost = Math.max(this.#missedAtMost, most(all[this.#bound] as Growing<Key>));
    this.#isExact = false;
    this.#counts = new Map(all.slice(0, this.#bound).map((one) => [one.key, one]));
  }
}
