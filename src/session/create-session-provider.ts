import { SessionDbAdapter } from "./session-db-adapter.js";
import { StorageBackendFactory } from "./storage-backend-factory.js";
import type { StorageConfig } from "./storage-config.js";

export interface SessionProviderOptions {
  /** Default: what the environment, the repository's and the user's configuration name. */
  readonly config?: StorageConfig;
  /** From here the repository's configuration is searched. Default: the current folder. */
  readonly workdir?: string;
}

/** The sessions of the configured store; providers of one configuration share its storage, and `close` closes it for all. */
export function createSessionProvider({ config, workdir }: SessionProviderOptions = {}): SessionDbAdapter {
  const create = () => StorageBackendFactory.create(workdir);
  return new SessionDbAdapter(config === undefined ? create() : StorageBackendFactory.createFromConfig(config));
}
