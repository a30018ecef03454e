import type { KeyStore, SessionKey } from "../log/key-store.js";
import { MemoryKeyStore } from "./memory-key-store.js";

/** The keys of another store, which is only read, and those that are made here, in memory alone. */
export class TrialKeyStore implements KeyStore {
  readonly url: string;
  readonly #base: KeyStore;
  readonly #own = new MemoryKeyStore();
  readonly #destroyed = new Set<string>();

  /** Takes the store over: closing this closes it. */
  constructor(base: KeyStore) {
    this.url = base.url;
    this.#base = base;
  }

  create(count: number): Promise<readonly SessionKey[]> {
    return this.#own.create(count);
  }

  async read(id: string): Promise<readonly SessionKey[]> {
    const own = await this.#own.read(id);
    const found = own.length > 0 ? own : await this.#base.read(id);
    return found.filter((one) => !this.#destroyed.has(one.id));
  }

  async destroy(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#destroyed.add(id);
  }

  close(): Promise<void> {
    return this.#base.close();
  }
}
