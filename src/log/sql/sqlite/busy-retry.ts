import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { isBusy } from "./sqlite-errors.js";

/** SQLite's own waiting blocks the event loop, so it gets only enough for the short waits of a commit or a checkpoint. */
export const DRIVER_BUSY_MS = 2;

/** Longest pause between two attempts. */
const MAX_PAUSE_MS = 8;

/**
 * Does `act` again while the database is locked, with pauses in which the event loop runs.
 *
 * The pauses are random and do not grow: SQLite has no queue, and whoever waits ever longer between attempts never gets
 * in among writers in tight loops.
 *
 * @throws SQLite's own busy error when `limitMs` have passed; everything else at once
 */
export async function retryWhileBusy<T>(limitMs: number, act: () => T): Promise<T> {
  let end: number | undefined;
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const now = performance.now();
      end ??= now + limitMs;
      if (now >= end) throw error;
    }
    await pause(Math.random() * MAX_PAUSE_MS);
    // Timers alone starve everything else: while one attempt blocks, the pauses of others of this process end, and where
    // they are many, whoever holds the lock never hears from the disk that he waits for to go on.
    await nextTurn();
  }
}
