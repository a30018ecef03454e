import { assertObject } from "../config/known-options.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { openWithFallback } from "../outbox/open-with-fallback.js";
import { SessionStore, type SessionStoreOptions } from "./session-store.js";

export interface OpenStoreOptions extends OpenLogOptions, SessionStoreOptions {
  /** Below this folder a Postgres has its outbox: while it is away, writes wait there. Default: that it is away is an error. */
  outboxRoot?: string;
}

/** A session store that owns its log. */
export class OpenedStore extends SessionStore implements AsyncDisposable {
  /** Waits for appends under way, then releases everything; stores of its past end with it. Safe to call twice. */
  close(): Promise<void> {
    return this.log.close();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens the log at an address, as `openLog` does, and gives its sessions.
 *
 * @throws UsageError STORE_URL_INVALID; NotFoundError LOG_NOT_FOUND with `mustExist`; TypeError for an option
 *   that is not known; whatever the backend throws
 */
export async function openStore(url: string, opening: OpenStoreOptions = {}): Promise<OpenedStore> {
  assertObject("openStore", opening);
  const { actor, outboxRoot, ...options } = opening;
  return new OpenedStore(await openWithFallback(url, options, outboxRoot), actor === undefined ? {} : { actor });
}
