import { ClosedError } from "../errors.js";
import type { SessionStore } from "./session-store.js";

export type OpenStore = () => Promise<SessionStore>;

/** Opens its store at the first use, once; after a failure the next use tries again. */
export class LazyStore {
  readonly #open: OpenStore;
  #store: Promise<SessionStore> | undefined;
  #closed = false;

  constructor(open: OpenStore) {
    this.#open = open;
  }

  async get(): Promise<SessionStore> {
    if (this.#closed) throw new ClosedError("session store");
    this.#store ??= this.#open().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Safe to call twice, and while the store is being opened. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#store?.catch(() => undefined); // a store that never opened has nothing to close
    await opened?.log.close();
  }
}
