import { printableJson } from "./escape.js";
import type { Streams } from "./streams.js";

/**
 * One JSON document whose items are printed as they come, so that a long answer takes no memory. `head` stands before
 * them and is printed with the first; what is only known at the end comes after.
 */
export class JsonItems {
  readonly #streams: Streams;
  readonly #head: string;
  #begun = false;

  constructor(streams: Streams, head: Record<string, unknown>) {
    this.#streams = streams;
    this.#head = `${JSON.stringify(head).slice(0, -1)},"items":[`;
  }

  add(item: unknown): void {
    this.#print(`${this.#begun ? "," : this.#head}${JSON.stringify(item)}`);
    this.#begun = true;
  }

  end(rest: Record<string, unknown>): void {
    const after = Object.keys(rest).length === 0 ? "}" : `,${JSON.stringify(rest).slice(1)}`;
    this.#print(`${this.#begun ? "" : this.#head}]${after}`);
  }

  #print(text: string): void {
    this.#streams.lines([printableJson(text)]);
  }
}
