import { UsageError } from "../errors.js";
import { type StorageConfig, storageAddress } from "../session/storage-config.js";
import { minskyConfig } from "../session/storage-config-from-env.js";

type Env = Readonly<Record<string, string | undefined>>;

/** A store: its address, the name of a backend whose default place is meant, or a documented configuration. */
export type StoreName = string | StorageConfig;

/** Places that names of backends stand for, where they are not the usual ones. */
export interface NamedPlaces {
  readonly sqlitePath?: string | undefined;
  readonly connectionUrl?: string | undefined;
}

const NAMES: ReadonlySet<string> = new Set(["json", "jsonl", "sqlite", "postgres", "postgresql"]);

/**
 * The address of a store. Names of backends mean: `sqlite` the file of --sqlite-path, MINSKY_SESSIONDB_SQLITE_PATH,
 * MINSKY_SQLITE_PATH, else `$XDG_STATE_HOME/minsky/sessions.db`; `postgres` and `postgresql` the server of
 * --connection-url, MINSKY_SESSIONDB_POSTGRES_URL, MINSKY_POSTGRES_URL, else DATABASE_URL; `json` and `jsonl` the
 * default log. Anything else is an address already.
 *
 * @throws UsageError POSTGRES_URL_MISSING, STORAGE_CONFIG_INVALID
 */
export function storeAddress(store: StoreName, places: NamedPlaces = {}, env: Env = process.env): string {
  if (typeof store !== "string") return storageAddress(store, env).url;
  const name = store.toLowerCase();
  if (!NAMES.has(name)) return store;
  const config: StorageConfig = { ...minskyConfig(process.cwd(), env), backend: name as StorageConfig["backend"] };
  if (places.sqlitePath !== undefined) config.sqlite = { dbPath: places.sqlitePath };
  if (!name.startsWith("postgres")) return storageAddress(config, env).url;
  const connectionUrl = places.connectionUrl ?? config.postgres?.connectionUrl ?? env.DATABASE_URL;
  if (connectionUrl !== undefined && connectionUrl !== "") return connectionUrl;
  throw new UsageError("POSTGRES_URL_MISSING", `${store} needs an address, and nobody names one`, {
    hint: "set MINSKY_POSTGRES_URL, or add --connection-url postgres://user@host/database",
  });
}

/** The default places of all backends, as far as they are named: where a journal that is asked for may be. */
export function defaultStores(env: Env = process.env): string[] {
  const files = ["jsonl", "sqlite"].map((name) => storeAddress(name, {}, env));
  const { postgres } = minskyConfig(process.cwd(), env);
  const server = postgres?.connectionUrl ?? env.DATABASE_URL;
  return server === undefined || server === "" ? files : [...files, server];
}
