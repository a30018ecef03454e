import type { KeyStore, SessionKey } from "../log/key-store.js";
import { JoinedDestroys } from "./joined-destroys.js";
import { RecentMap } from "./recent-map.js";

/** Keys made at once: a new session then waits for no write but its own. */
const BATCH = 64;
/** New ones are made in the background when so few are left. */
const LOW = 16;
/** Keys that were read lately; 32 bytes each. */
const MAX_REMEMBERED = 50_000;

/**
 * The keys of sessions, as this process needs them. Those that were made ahead and never used are destroyed at the end; a
 * process that is killed leaves at most two batches of them in the key store, which open nothing.
 */
export class SessionKeys {
  readonly #store: KeyStore;
  readonly #destroys: JoinedDestroys;
  readonly #remembered = new RecentMap<string, Buffer>(MAX_REMEMBERED);
  #spare: SessionKey[] = [];
  #making: Promise<void> | undefined;

  constructor(store: KeyStore) {
    this.#store = store;
    this.#destroys = new JoinedDestroys(store);
  }

  /** The address of the store. */
  get url(): string {
    return this.#store.url;
  }

  /** A key that nothing has been sealed with. */
  async take(): Promise<SessionKey> {
    for (;;) {
      const key = this.#spare.pop();
      if (key !== undefined) {
        // A failure is told to whoever has to wait for keys.
        if (this.#spare.length < LOW) this.#make().catch(() => undefined);
        this.#remembered.set(key.id, key.key);
        return key;
      }
      await this.#make();
    }
  }

  /** For a key that was taken, when nothing was written with it. */
  giveBack(key: SessionKey): void {
    this.#spare.push(key);
  }

  /** @returns null where it was destroyed */
  async get(id: string): Promise<Buffer | null> {
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const found = await this.#store.read(id);
    for (const one of found) this.#remembered.set(one.id, one.key);
    return found.find((one) => one.id === id)?.key ?? null;
  }

  /** Forgets a key that somebody else has destroyed. */
  forget(id: string): void {
    this.#remembered.delete(id);
  }

  /** "" is the name of a key that was erased: nobody knows it any more. */
  async destroy(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => id !== "");
    for (const id of known) this.forget(id);
    await this.#destroys.destroy(known);
  }

  async close(): Promise<void> {
    await this.#making?.catch(() => undefined); // whoever waited for it was told
    const unused = this.#spare.map(({ id }) => id);
    this.#spare = [];
    try {
      await this.destroy(unused);
    } finally {
      await this.#store.close();
    }
  }

  #make(): Promise<void> {
    this.#making ??= this.#store
      .create(BATCH)
      .then((keys) => {
        this.#spare.push(...keys);
      })
      .finally(() => {
        this.#making = undefined;
      });
    return this.#making;
  }
}
