import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { loadConfig } from "../config/layers.js";
import type { Env } from "../config/paths.js";
import { UsageError } from "../errors.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { shownUrl } from "../open-log.js";
import { configuredStore, storageOfBackend } from "../session/configured-store.js";
import { type StorageConfig, storageAddress } from "../session/storage-config.js";

/** A store: its address, the name of a backend whose default place is meant, or a documented configuration. */
export type StoreName = string | StorageConfig;

/** Places that names of backends stand for, where they are not the usual ones. */
export interface NamedPlaces {
  readonly sqlitePath?: string | undefined;
  readonly connectionUrl?: string | undefined;
}

/** Where a store lies, and how whoever named it wants it to be opened. */
export interface StorePlace {
  /** May hold a password. */
  readonly url: string;
  readonly options: OpenLogOptions;
}

const NAMES: ReadonlySet<string> = new Set(["json", "jsonl", "sqlite", "postgres", "postgresql"]);

/** The address of a store. @throws as storePlace */
export function storeAddress(store: StoreName, places: NamedPlaces = {}, env: Env = process.env): string {
  return storePlace(store, places, env).url;
}

/**
 * The place of a store. Names of backends mean: `sqlite` the file of --sqlite-path, else the configured one, else
 * `$XDG_STATE_HOME/minsky/sessions.db`; `postgres` and `postgresql` the server of --connection-url, else the configured one,
 * else DATABASE_URL; `json` and `jsonl` the configured log, else the default one. Anything else is an address already.
 *
 * @throws UsageError POSTGRES_URL_MISSING, STORAGE_CONFIG_INVALID, and as `loadConfig`
 */
export function storePlace(store: StoreName, places: NamedPlaces = {}, env: Env = process.env): StorePlace {
  if (typeof store !== "string") return storageAddress(store, env);
  const name = store.toLowerCase();
  if (!NAMES.has(name)) return { url: store, options: {} };
  if (name === "sqlite" && places.sqlitePath !== undefined) {
    return storageAddress({ backend: name, sqlite: { dbPath: places.sqlitePath } }, env);
  }
  const isServer = name.startsWith("postgres");
  if (isServer && places.connectionUrl !== undefined && places.connectionUrl !== "") {
    return { url: places.connectionUrl, options: {} };
  }
  const storage = storageOfBackend(loadConfig({ env }), isServer ? "postgres" : name === "sqlite" ? name : "jsonl");
  if (storage !== undefined) return storageAddress(storage, env);
  throw new UsageError("POSTGRES_URL_MISSING", `${store} needs an address, and nobody names one`, {
    hint: "set MINSKY_POSTGRES_URL, or add --connection-url postgres://user@host/database",
  });
}

/** A name of a log that is the same for all paths to its file, links among them; of others the address to show. */
export function followedAddress(url: string): string {
  const shown = shownUrl(url);
  const [, scheme, path] = /^(jsonl|sqlite):(.+)$/s.exec(shown) ?? [];
  return path === undefined ? shown : `${scheme}:${followed(path)}`;
}

function followed(path: string): string {
  for (const [there, rest] of [
    [path, ""],
    [dirname(path), basename(path)],
  ] as const) {
    try {
      return join(realpathSync(there), rest);
    } catch {
      // not there yet, or not to be looked at: whoever opens it is told
    }
  }
  return path;
}

/** The configured store and the places of all backends, as far as they are named: where a journal that is asked for may be. */
export function defaultStores(env: Env = process.env): string[] {
  const config = loadConfig({ env });
  const places = (["jsonl", "sqlite", "postgres"] as const).flatMap((backend) => {
    const storage = storageOfBackend(config, backend);
    return storage === undefined ? [] : [storageAddress(storage, env).url];
  });
  return [...new Set([configuredStore(config).url, ...places])];
}
