import { afterAll, onTestFinished } from "vitest";

/** What is undone after the file, last things first. */
const ofFile: (() => void | Promise<void>)[] = [];

/** Calls `undo` after the test, also after one that failed or ran out of time; outside a test, after the file. */
export function cleanUp(undo: () => void | Promise<void>): void {
  try {
    onTestFinished(undo);
  } catch {
    cleanUpWithFile(undo); // not inside a test; inside beforeAll afterAll would say nothing and do nothing
  }
}

/** Calls `undo` after the file, also for what a test has made: later ones go on with it. */
export function cleanUpWithFile(undo: () => void | Promise<void>): void {
  ofFile.push(undo);
}

/** To be called before anything else of the file, so that it comes after the file's own afterAll. */
export function cleanUpAfterFile(): void {
  afterAll(async () => {
    for (const undo of ofFile.splice(0).reverse()) await undo();
  });
}
