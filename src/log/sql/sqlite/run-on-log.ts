import type { Closing } from "../../closing.js";
import { TurnLimit } from "../../turn-limit.js";
import { retryWhileBusy } from "./busy-retry.js";
import type { OwnFiles } from "./file/own-files.js";
import { translateError } from "./sqlite-errors.js";
import { translateMoved } from "./sqlite-freeze.js";

/**
 * One synchronous act on the open database, tried again while it is busy, for `limitMs` at most and never longer than the
 * log's own limit. Nothing of it is left when this returns: no cursor, no transaction. Its errors are the log's.
 */
export type RunOnLog = <T>(operation: string, act: () => T, limitMs?: number) => Promise<T>;

/** @param limitMs how long an act is tried again while others hold the lock */
export function runOnLog(url: string, files: OwnFiles, limitMs: number, closing: Closing): RunOnLog {
  const turn = new TurnLimit();
  return async (operation, act, waitMs = limitMs) => {
    try {
      const result = await retryWhileBusy(Math.min(waitMs, limitMs), () => {
        closing.assertOpen(operation);
        files.assertNamed();
        return act();
      });
      if (turn.isOver) await turn.next();
      return result;
    } catch (error) {
      throw translateError(translateMoved(error, url), url);
    }
  };
}
