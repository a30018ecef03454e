/** Pauses grow by this factor at most. */
const MAX_PAUSE_FACTOR = 32;

/**
 * Asks a server now and then, for nobody who waits: after pauses that double while it is away, one after the other. Keeps no
 * process alive.
 */
export class ContactTimer {
  readonly #firstMs: number;
  readonly #ask: () => Promise<boolean>;
  #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param ask never rejects @returns of it: whether the server is there */
  constructor(firstMs: number, ask: () => Promise<boolean>) {
    this.#firstMs = firstMs;
    this.#pauseMs = firstMs;
    this.#ask = ask;
  }

  /** The next question comes after the pause, from now on. */
  start(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#asking = this.#tick().finally(() => this.start());
    }, this.#pauseMs);
    this.#timer.unref();
  }

  /** Waits for a question under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#asking;
  }

  async #tick(): Promise<void> {
    const isThere = await this.#ask();
    this.#pauseMs = isThere ? this.#firstMs : Math.min(this.#pauseMs * 2, this.#firstMs * MAX_PAUSE_FACTOR);
  }
}
