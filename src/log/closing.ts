import { ClosedError } from "../errors.js";

/** The end of a log: it comes once, whoever asks for it again waits for the same one, and nothing begins after it. */
export class Closing {
  #ended: Promise<void> | undefined;

  once(end: () => Promise<void>): Promise<void> {
    this.#ended ??= end();
    return this.#ended;
  }

  /** @throws ClosedError from the moment on at which the end was asked for */
  assertOpen(operation: string): void {
    if (this.#ended !== undefined) throw new ClosedError(operation);
  }
}
