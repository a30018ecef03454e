import { setImmediate as nextTurn } from "node:timers/promises";

/** In milliseconds. A turn costs microseconds, so this is no work to speak of. */
const MAX_TURN_MS = 10;

/**
 * When it is time to let the rest of the program be heard. What is done at once and awaited lives on microtasks only, so a
 * loop of it holds up every timer, socket and signal of the process, and whoever waits for one of these in it waits for ever.
 *
 *     if (turn.isOver) await turn.next();
 *
 * Two steps, because a promise where none is due would cost an append of one some microseconds.
 */
export class TurnLimit {
  #began = 0;

  get isOver(): boolean {
    return performance.now() - this.#began > MAX_TURN_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}
