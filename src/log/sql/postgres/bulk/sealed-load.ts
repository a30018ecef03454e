import type { SealedEvent } from "../../../event.js";
import { offsetsNamedBy } from "../../../redaction.js";
import { SealedRun } from "../../../sealed-run.js";
import { copyChunks } from "./copy-text.js";

/** Sealed events, checked as far as they speak for themselves, and as the text that is sent. They themselves are not kept. */
export class SealedLoad {
  readonly run = new SealedRun();
  readonly chunks: Buffer[] = [];
  readonly #named = new Set<number>();

  /** What the records of redactions among them name. */
  get named(): readonly number[] {
    return [...this.#named].sort((a, b) => a - b);
  }

  add(events: readonly SealedEvent[]): void {
    this.run.add(events);
    this.chunks.push(...copyChunks(events));
    for (const offset of offsetsNamedBy(events)) this.#named.add(offset);
  }
}
