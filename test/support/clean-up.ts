import { afterAll, onTestFinished } from "vitest";

/** Calls `undo` after the test, also after one that failed or ran out of time; outside a test, after the file. */
export function cleanUp(undo: () => void | Promise<void>): void {
  try {
    onTestFinished(undo);
  } catch {
    afterAll(undo); // not inside a test
  }
}
