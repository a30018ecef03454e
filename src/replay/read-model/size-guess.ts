import { setImmediate as nextTurn } from "node:timers/promises";
import type { SealedEvent } from "../../log/event.js";

/** Documents between two turns of the event loop. */
const TURN_DOCUMENTS = 1_000;
/** What an event may add to its document beside its data. */
const EVENT_CHARS = 100;

/**
 * How long documents are as JSON. To write them all after each page takes longer than the fold, so they are measured when
 * the events since, in full, could have made them longer than `maxChars`; and never more often than after a quarter of that.
 */
export class SizeGuess {
  readonly #maxChars: number;
  #measured = 0;
  #since = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** An event of one of the documents. */
  add({ dataText }: SealedEvent): void {
    this.#since += (dataText?.length ?? 0) + EVENT_CHARS;
  }

  /** Measures where it is time to. */
  async isOver(documents: () => ReadonlyMap<string, object>): Promise<boolean> {
    return this.#since > Math.max(this.#maxChars - this.#measured, this.#maxChars / 4) && this.#measure(documents());
  }

  async #measure(documents: ReadonlyMap<string, object>): Promise<boolean> {
    let [chars, count] = [0, 0];
    for (const document of documents.values()) {
      chars += JSON.stringify(document).length;
      if (++count % TURN_DOCUMENTS === 0) await nextTurn();
    }
    this.#measured = chars;
    this.#since = 0;
    return chars > this.#maxChars;
  }
}
