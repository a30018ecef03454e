import { addressParts } from "./config/address.js";
import { expandPath } from "./config/paths.js";
import { UsageError } from "./errors.js";
import type { KeyStore } from "./log/key-store.js";
import { maskUrl } from "./log/mask-url.js";

/** For Postgres; others take no notice. */
export interface OpenKeyStoreOptions {
  /** At most 2 are used. */
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
}

/**
 * Where the keys of a log lie, unless somebody says otherwise: in the folder `<file>.keys` beside a file, in the schema
 * `<schema>_keys` of the same Postgres database.
 *
 * @throws UsageError KEY_STORE_MISSING for a log of a scheme that was registered: name a place yourself
 */
export function keyStoreUrlOf(logUrl: string): string {
  const { scheme, rest } = addressParts(logUrl);
  switch (scheme) {
    case "jsonl":
    case "sqlite":
      return `file:${rest}.keys`;
    case "postgres":
    case "postgresql":
    case "memory":
      return logUrl;
    default:
      throw new UsageError("KEY_STORE_MISSING", `nobody knows where the keys of ${maskUrl(logUrl)} should lie`, {
        hint: "name a place: keyStore: 'file:/some/folder', 'postgres://…', or a KeyStore of your own",
      });
  }
}

/** As {@link openKeyStore}, to say what would become of it: keys that are made or destroyed are so in memory alone. */
export async function openTrialKeyStore(url: string): Promise<KeyStore> {
  const { TrialKeyStore } = await import("./keys/trial-key-store.js");
  return new TrialKeyStore(await openKeyStore(url));
}

/**
 * Opens the key store at `file:FOLDER`, `postgres://…` or `memory:`. Nothing is made before its first key.
 *
 * @throws UsageError KEY_STORE_URL_INVALID, STORE_URL_INVALID
 */
export async function openKeyStore(url: string, options: OpenKeyStoreOptions = {}): Promise<KeyStore> {
  const { scheme, rest } = addressParts(url);
  if (scheme === "file" && rest !== "") {
    const { FileKeyStore } = await import("./keys/file-key-store.js");
    return new FileKeyStore(expandPath(rest));
  }
  if (scheme === "postgres" || scheme === "postgresql") {
    const { PostgresKeyStore } = await import("./log/sql/postgres/postgres-key-store.js");
    return new PostgresKeyStore(url, options);
  }
  if (scheme === "memory" && rest === "") {
    const { MemoryKeyStore } = await import("./keys/memory-key-store.js");
    return new MemoryKeyStore();
  }
  throw new UsageError("KEY_STORE_URL_INVALID", `not the address of a key store: ${JSON.stringify(maskUrl(url))}`, {
    hint: "write file:FOLDER or postgres://user@host/database",
  });
}
