const FIRST_NUMBERS = 4;

/** What is told of one text: how often the word stands in it, and the number of the word before each occurrence. */
type Visit = (text: number, count: number, placeAt: (i: number) => number) => void;

/**
 * Where one word stands: of each text that has it, its number, how often, and the places, in one array of 32 bits that
 * grows by doubling.
 *
 * ```
 * text, count, place, …, text, count, place, …
 * ```
 */
export class WordPlaces {
  #numbers = new Uint32Array(FIRST_NUMBERS);
  #used = 0;
  #texts = 0;

  /** Texts that have the word. */
  get size(): number {
    return this.#texts;
  }

  add(text: number, places: readonly number[]): void {
    const end = this.#used + 2 + places.length;
    if (end > this.#numbers.length) this.#grow(end);
    this.#numbers[this.#used] = text;
    this.#numbers[this.#used + 1] = places.length;
    this.#numbers.set(places, this.#used + 2);
    this.#used = end;
    this.#texts++;
  }

  forEach(visit: Visit): void {
    const numbers = this.#numbers;
    let at = 0;
    const placeAt = (i: number) => numbers[at + 2 + i] as number;
    while (at < this.#used) {
      const count = numbers[at + 1] as number;
      visit(numbers[at] as number, count, placeAt);
      at += 2 + count;
    }
  }

  #grow(needed: number): void {
    const numbers = new Uint32Array(Math.max(needed, 2 * this.#numbers.length));
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
