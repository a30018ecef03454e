import { setImmediate as nextTurn } from "node:timers/promises";
import { ChainCheck } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { checkPages } from "../replay/check-pages.js";
import { PageCheck } from "../replay/page-check.js";
import { type AnyProjection, type StateDigests, StateFold } from "./state-digests.js";

/** Events between two turns of the program where other work goes on beside this: about half a millisecond. */
const STEP_EVENTS = 125;

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
        this.#take(page, onEvent);
        onProgress?.(check.tail.offset, to);
      }
    } catch (error) {
      if (error !== signal?.reason) await check.settle(); // a fold may have failed on what is not even right
      throw error;
    } finally {
      await check.close();
    }
  }

  /**
   * As advance, beside a copy that is under way: another thread would take the processor from it, and it gets its turn
   * every few events.
   */
  async trail(to: number, signal: AbortSignal | undefined): Promise<void> {
    const check = this.#check;
    await check.alone(async () => {
      for await (const page of checkPages(this.#log, check, to)) {
        for (let at = 0; at < page.length; at += STEP_EVENTS) {
          this.#take(page.slice(at, at + STEP_EVENTS));
          await nextTurn();
          signal?.throwIfAborted();
        }
      }
    });
  }

  #take(events: readonly SealedEvent[], onEvent?: (event: SealedEvent) => void): void {
    for (const event of events) {
      this.#fold.add(event);
      onEvent?.(event);
    }
  }
}
