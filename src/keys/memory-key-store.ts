import { randomBytes, randomUUID } from "node:crypto";
import { KEY_BYTES, type KeyStore, type SessionKey } from "../log/key-store.js";

/** Keys that end with the process, for logs that do so too. */
export class MemoryKeyStore implements KeyStore {
  readonly url = "memory:";
  readonly #keys = new Map<string, Buffer>();

  async create(count: number): Promise<readonly SessionKey[]> {
    const made = Array.from({ length: count }, () => ({ id: randomUUID(), key: randomBytes(KEY_BYTES) }));
    for (const { id, key } of made) this.#keys.set(id, key);
    return made;
  }

  async read(id: string): Promise<readonly SessionKey[]> {
    const key = this.#keys.get(id);
    return key === undefined ? [] : [{ id, key }];
  }

  async destroy(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#keys.delete(id);
  }

  async close(): Promise<void> {}
}
