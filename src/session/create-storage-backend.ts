import type { SessionRecord } from "../../projections/session-record.js";
import { expandPath, stateDir } from "../config/paths.js";
import { openWithFallback } from "../outbox/open-with-fallback.js";
import type { DatabaseStorage, SessionDbState } from "./database-storage.js";
import { SessionStorage } from "./session-storage.js";
import { SessionStore } from "./session-store.js";
import { type StorageConfig, storageAddress } from "./storage-config.js";

/**
 * A storage for a configuration. Nothing is opened before `initialize()` or the first use; drivers of other backends are
 * never loaded.
 *
 * @throws UsageError BACKEND_UNKNOWN, CONNECTION_STRING_MISSING, STORAGE_CONFIG_INVALID
 */
export function createStorageBackend(config: StorageConfig): DatabaseStorage<SessionRecord, SessionDbState> {
  const { url, location, options, outboxRoot } = storageAddress(config);
  const baseDir = config.baseDir === undefined ? stateDir(process.env) : expandPath(config.baseDir);
  const by = config.actor === undefined ? {} : { actor: config.actor };
  const open = async () => new SessionStore(await openWithFallback(url, options, outboxRoot), by);
  return new SessionStorage(open, { location, baseDir });
}
