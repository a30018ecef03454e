/** A map of bounded weight that forgets what was not used for longest. */
export class RecentMap<K, V> {
  readonly #maxWeight: number;
  readonly #weightOf: (value: V) => number;
  readonly #entries = new Map<K, V>();
  #weight = 0;

  /** Without `weightOf` every entry weighs 1. What is heavier than all of it together is not kept. */
  constructor(maxWeight: number, weightOf: (value: V) => number = () => 1) {
    this.#maxWeight = maxWeight;
    this.#weightOf = weightOf;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#weight += this.#weightOf(value);
    if (this.#weight <= this.#maxWeight) return;
    for (const oldest of this.#entries.keys()) {
      this.delete(oldest);
      if (this.#weight <= this.#maxWeight) return;
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#weight -= this.#weightOf(value);
  }
}
