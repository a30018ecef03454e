import { assertOptions } from "../config/known-options.js";
import { SessionDbAdapter } from "./session-db-adapter.js";
import { StorageBackendFactory } from "./storage-backend-factory.js";
import type { StorageConfig } from "./storage-config.js";

export interface SessionProviderOptions {
  /** Default: what the environment, the repository's and the user's configuration name. */
  readonly config?: StorageConfig;
  /** From here the repository's configuration is searched. Default: the current folder. */
  readonly workdir?: string;
}

/** The sessions of the configured store; providers of one configuration share its storage, and `close` closes it for all. @throws TypeError an option that is not known */
export function createSessionProvider(options: SessionProviderOptions = {}): SessionDbAdapter {
  assertOptions("createSessionProvider", options, { config: true, workdir: true });
  const { config, workdir } = options;
  const create = () => StorageBackendFactory.create(workdir);
  return new SessionDbAdapter(config === undefined ? create() : StorageBackendFactory.createFromConfig(config));
}
