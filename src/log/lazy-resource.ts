import { ClosedError } from "../errors.js";

/** Opens what it stands for at the first use, once; after a failure the next use tries again. */
export class LazyResource<T> {
  readonly #name: string;
  readonly #open: () => Promise<T>;
  readonly #close: (opened: T) => Promise<void>;
  #opened: Promise<T> | undefined;
  #closed = false;

  /** `name` says what was closed, in the error of those who come later. */
  constructor(name: string, open: () => Promise<T>, close: (opened: T) => Promise<void>) {
    this.#name = name;
    this.#open = open;
    this.#close = close;
  }

  async get(): Promise<T> {
    if (this.#closed) throw new ClosedError(this.#name);
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Safe to call twice, and while it is being opened. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined); // what never opened has nothing to close
    if (opened !== undefined) await this.#close(opened);
  }
}
