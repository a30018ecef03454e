import { ChainCheck } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { checkPages } from "../replay/check-pages.js";
import { PageCheck } from "../replay/page-check.js";
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
  readonly #check: PageCheck;
  readonly #fold: StateFold;

  constructor(log: EventLog, projections: readonly AnyProjection[]) {
    this.#log = log;
    this.#check = new PageCheck(new ChainCheck(), {
      versionBefore: () => 0,
      where: ` (${log.url})`,
    });
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
    try {
      for await (const page of checkPages(this.#log, check, to)) {
        signal?.throwIfAborted();
        for (const event of page) {
          this.#fold.add(event);
          onEvent?.(event);
        }
        onProgress?.(check.tail.offset, to);
      }
    } catch (error) {
      if (error !== signal?.reason) await check.settle(); // a fold may have failed on what is not even right
      throw error;
    } finally {
      await check.close();
    }
  }
}
