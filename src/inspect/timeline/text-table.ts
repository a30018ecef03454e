import { OwnText } from "../../log/own-text.js";

/** Texts that repeat, each known by a small number: 0, 1, 2 … in the order in which they first came. */
export class TextTable {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  #last = "";
  #lastNumber = -1;

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The number of a text, a new one where it was never seen. */
  numberOf(text: string): number {
    // The same one again is the most common case, and comparing is cheaper than a look into the map.
    if (text === this.#last && this.#lastNumber >= 0) return this.#lastNumber;
    const number = this.#numbers.get(text) ?? this.#added(text);
    [this.#last, this.#lastNumber] = [this.#texts[number] as string, number];
    return number;
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  textOf(number: number): string {
    return this.#texts[number] ?? "";
  }

  #added(text: string): number {
    const own = new OwnText().of(text);
    const number = this.#texts.push(own) - 1;
    this.#numbers.set(own, number);
    return number;
  }
}
