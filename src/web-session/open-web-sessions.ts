import { webStoreUrl } from "../config/paths.js";
import { defined } from "../defined.js";
import { UsageError } from "../errors.js";
import type { KeyStore } from "../log/key-store.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { keyStoreUrlOf, openKeyStore } from "../open-key-store.js";
import { openLog } from "../open-log.js";
import type { WebSessionOptions } from "./web-session-options.js";
import { WebSessionStore } from "./web-session-store.js";

/** The connections of the sessions alone: no other store shares them. */
export interface PoolOptions {
  /** Postgres: connections for reading; one more writes, and up to two read keys. Default 4. */
  readonly max?: number;
  /** Postgres: how long to wait for a new connection. Default 10,000. */
  readonly connectTimeoutMs?: number;
}

export interface OpenWebSessionsOptions extends WebSessionOptions {
  /** `sqlite:PATH`, `postgres://…`, `jsonl:PATH`. Default: SESSION_DB_URL, BODHI_SESSION_DB_URL, else a SQLite file. */
  readonly url?: string | undefined;
  /** Where the keys are: `file:FOLDER`, `postgres://…`, or a store of one's own, closed with the sessions. Default: beside the log. */
  readonly keyStore?: string | KeyStore;
  readonly pool?: PoolOptions;
  /** Refuse a log that is not there instead of creating it. */
  readonly mustExist?: boolean;
}

/**
 * Opens the sessions of a web application, with the tables that they need. Several servers may do so at the same time.
 *
 * @throws UsageError STORE_URL_INVALID, KEY_STORE_MISSING, KEY_STORE_URL_INVALID, WEB_OPTION_INVALID; whatever the
 *   backend throws
 */
export async function openWebSessions(options: OpenWebSessionsOptions = {}): Promise<WebSessionStore> {
  const { url = webStoreUrl(process.env), keyStore, mustExist = false, now } = options;
  if (typeof url !== "string") throw invalidUrl();
  const opening = { ...poolOptions(options.pool), mustExist, ...defined({ now }) };
  // Texts are sealed before they are appended: what looks like a token in them is chance.
  const log = await openLog(url, { ...opening, scrub: { mode: "off" } });
  try {
    const keys = typeof keyStore === "object" ? keyStore : await openKeyStore(keyStore ?? keyStoreUrlOf(url), opening);
    return new WebSessionStore(log, keys, options);
  } catch (error) {
    await log.close();
    throw error;
  }
}

function poolOptions({ max, connectTimeoutMs }: PoolOptions = {}): OpenLogOptions {
  if (max !== undefined && !(Number.isSafeInteger(max) && max >= 1)) {
    throw new UsageError("WEB_OPTION_INVALID", "pool.max of the session store is a whole number from 1", {
      hint: "for example pool: { max: 10 }",
    });
  }
  return defined({ maxConnections: max, connectTimeoutMs });
}

function invalidUrl(): UsageError {
  return new UsageError("STORE_URL_INVALID", "the address of the session store is no text", {
    hint: "write sqlite:PATH or postgres://user@host/database",
  });
}
