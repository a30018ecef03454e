import type { SessionRecord } from "../../projections/session-record.js";
import { loadConfig } from "../config/layers.js";
import { canonicalText } from "../log/canonical.js";
import { configuredStorage } from "./configured-store.js";
import { createStorageBackend } from "./create-storage-backend.js";
import type { DatabaseStorage, SessionDbState } from "./database-storage.js";
import { type StorageConfig, storageAddress } from "./storage-config.js";

export type SessionDatabaseStorage = DatabaseStorage<SessionRecord, SessionDbState>;

/** One storage for each configuration; asking for the same again gives the same object, until somebody closed it. */
export class StorageBackendFactory {
  static #instance: StorageBackendFactory | undefined;
  readonly #backends = new Map<string, SessionDatabaseStorage>();

  static getInstance(): StorageBackendFactory {
    StorageBackendFactory.#instance ??= new StorageBackendFactory();
    return StorageBackendFactory.#instance;
  }

  /**
   * The storage that the environment, the repository's and the user's configuration name, seen from `workdir`.
   *
   * @throws as `loadConfig` and `decideStore`
   */
  static create(workdir: string = process.cwd()): SessionDatabaseStorage {
    return StorageBackendFactory.getInstance().getBackend(configuredStorage(loadConfig({ cwd: workdir })));
  }

  static createFromConfig(config: StorageConfig): SessionDatabaseStorage {
    return StorageBackendFactory.getInstance().getBackend(config);
  }

  /** @throws UsageError BACKEND_UNKNOWN, CONNECTION_STRING_MISSING, STORAGE_CONFIG_INVALID */
  getBackend(config: StorageConfig): SessionDatabaseStorage {
    const { url, options, outboxRoot } = storageAddress(config);
    const { baseDir, actor } = config;
    const key = canonicalText({ url, options, baseDir, actor, outboxRoot });
    const known = this.#backends.get(key);
    if (known !== undefined && !known.isClosed) return known;
    const backend = createStorageBackend(config);
    this.#backends.set(key, backend);
    return backend;
  }

  /** Forgets the storages without closing them: their users still hold them. */
  clearCache(): void {
    this.#backends.clear();
  }

  /** Closes and forgets all; rejects with the first failure when all were tried. */
  async closeAll(): Promise<void> {
    const closing = [...this.#backends.values()].map((backend) => backend.close());
    this.#backends.clear();
    for (const result of await Promise.allSettled(closing)) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}
