import { setImmediate as nextTurn } from "node:timers/promises";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { type AnyProjection, type StateDigests, StateFold } from "./state-digests.js";

export interface WalkOptions {
  readonly onEvent?: (event: SealedEvent) => void;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Goes through a log from its beginning, as far as it is told, and later on from there: recomputes the chain and folds
 * the states. Memory grows with the number of documents, not of events.
 */
export class LogWalk {
  readonly #log: EventLog;
  readonly #check = new ChainCheck();
  readonly #fold: StateFold;

  constructor(log: EventLog, projections: readonly AnyProjection[]) {
    this.#log = log;
    this.#fold = new StateFold(projections);
  }

  /** How far it has come: all up to there is right. */
  get tail(): Tail {
    return this.#check.tail;
  }

  /** Of the documents as of `tail`. */
  digests(): StateDigests {
    return this.#fold.digests();
  }

  /**
   * @param to inclusive
   * @throws IntegrityError the first event that is wrong; whatever reading throws; what the signal was aborted with
   */
  async advance(to: number, { onEvent, onProgress, signal }: WalkOptions = {}): Promise<void> {
    const check = this.#check;
    for await (const page of this.#log.readAll({ from: check.tail.offset + 1, to })) {
      await nextTurn(); // pages may come without a turn of the event loop, and a signal must be heard
      signal?.throwIfAborted();
      for (const event of page) {
        const fault = check.next(event, () => 0);
        if (fault !== undefined) throw chainBroken(check.tail.offset + 1, `${fault} (${this.#log.url})`);
        this.#fold.add(event);
        onEvent?.(event);
      }
      onProgress?.(check.tail.offset, to);
    }
    const seen = check.tail.offset;
    if (seen < to) throw chainBroken(seen + 1, `${this.#log.url} ends at ${seen}, its tail says ${to}`);
  }
}
