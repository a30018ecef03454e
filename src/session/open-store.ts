import { type OpenLogOptions, openLog } from "../open-log.js";
import { SessionStore, type SessionStoreOptions } from "./session-store.js";

export interface OpenStoreOptions extends OpenLogOptions, SessionStoreOptions {}

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
 * @throws UsageError STORE_URL_INVALID; NotFoundError LOG_NOT_FOUND with `mustExist`; whatever the backend throws
 */
export async function openStore(url: string, { actor, ...options }: OpenStoreOptions = {}): Promise<OpenedStore> {
  return new OpenedStore(await openLog(url, options), actor === undefined ? {} : { actor });
}
