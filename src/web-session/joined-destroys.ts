import type { KeyStore } from "../log/key-store.js";

/** Keys of one act of the key store. */
export const MAX_KEYS_AT_ONCE = 500;

interface NextAct {
  readonly ids: string[];
  readonly done: Promise<void>;
}

/**
 * Destroys keys one act of the key store after the other: what is asked for during one goes together into the next. Each
 * act waits for the disk, so a sign-out of ten thousand sessions, each with its own key, would wait ten thousand times.
 */
export class JoinedDestroys {
  readonly #store: KeyStore;
  #underWay: Promise<unknown> = Promise.resolve();
  #next: NextAct | undefined;

  constructor(store: KeyStore) {
    this.#store = store;
  }

  /** Resolves when they are destroyed; rejects with what the key store says of the act that they were part of. */
  async destroy(ids: readonly string[]): Promise<void> {
    const acts = new Set<Promise<void>>();
    for (const id of ids) {
      const act = this.#actWithRoom();
      act.ids.push(id);
      acts.add(act.done);
    }
    await Promise.all(acts);
  }

  #actWithRoom(): NextAct {
    if (this.#next !== undefined && this.#next.ids.length < MAX_KEYS_AT_ONCE) return this.#next;
    const ids: string[] = [];
    const done = this.#underWay.then(() => {
      if (this.#next?.ids === ids) this.#next = undefined; // from here on it is too late to join
      return this.#store.destroy(ids);
    });
    this.#underWay = done.catch(() => undefined); // whoever asked for these is told
    this.#next = { ids, done };
    return this.#next;
  }
}
