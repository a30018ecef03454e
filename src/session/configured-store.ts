import { addressParts, isServerAddress } from "../config/address.js";
import { connectionString, decideStore, type StoreDecision } from "../config/decide-store.js";
import type { Config } from "../config/layers.js";
import { segmentSize } from "../config/segment-size.js";
import type { ConfigSource } from "../config/source.js";
import { defined } from "../defined.js";
import { UsageError } from "../errors.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { configuredScrub } from "./configured-scrub.js";
import type { PostgresSsl } from "./postgres-parameters.js";
import { type StorageConfig, storageAddress } from "./storage-config.js";

/** The store that a configuration names, and who decided it. */
export interface ConfiguredStore {
  /** For `openLog`. May hold a password. */
  readonly url: string;
  readonly options: OpenLogOptions;
  /** Who named the address or the backend. */
  readonly source: ConfigSource;
  /** Who named the path or the connection string; the same where an address says both. */
  readonly placeSource: ConfigSource;
  /** Where its outbox lies, for `fallback: outbox` of a store on a server; else undefined: that it is away is an error. */
  readonly outboxRoot: string | undefined;
}

/**
 * The store as the command line uses it. Limits (timeouts, connections) hold for every store; `schema`, `ssl` and
 * `listenUrl` and `readUrl` belong to the configured connection string and not to an address that was given whole.
 *
 * @throws as `decideStore` and `storageAddress`
 */
export function configuredStore(config: Config): ConfiguredStore {
  const decision = decideStore(config);
  const { source } = decision;
  if (decision.kind === "address") {
    const url = String(decision.address.value);
    return { url, options: optionsOf(config), source, placeSource: source, outboxRoot: outboxFor(config, url) };
  }
  const { url, options } = storageAddress(backendConfig(config, decision), config.env);
  const more = { ...options, ...segmentsOf(config), ...configuredScrub(config) };
  return { url, options: more, source, placeSource: decision.place.source, outboxRoot: outboxFor(config, url) };
}

function outboxFor(config: Config, url: string): string | undefined {
  const isWanted = config.find("fallback")?.value === "outbox" && isServerAddress(url);
  return isWanted ? String(config.find("outbox.path")?.value) : undefined;
}

/** Whether it lies where it lies when nobody says where: beside what Minsky left there. */
export function isDefaultPlace({ url, placeSource }: ConfiguredStore): boolean {
  return placeSource.layer === "default" && addressParts(url).scheme === "jsonl";
}

/**
 * The storage of one backend, whichever is configured; a server only where somebody names its address.
 *
 * @throws as `Config.find`
 */
export function storageOfBackend(config: Config, backend: "jsonl" | "sqlite" | "postgres"): StorageConfig | undefined {
  const place = backend === "postgres" ? connectionString(config) : config.find(`${backend}.path`);
  return place && backendConfig(config, { kind: "backend", backend, place, source: place.source });
}

/**
 * The same as a `StorageConfig`, with its base folder and its actor.
 *
 * @throws as `configuredStore`; UsageError STORAGE_CONFIG_INVALID for an address that is none of a storage
 */
export function configuredStorage(config: Config): StorageConfig {
  const decision = decideStore(config);
  const storage =
    decision.kind === "address"
      ? { ...configOfUrl(String(decision.address.value), decision.source), ...lockTimeout(config) }
      : backendConfig(config, decision);
  const [baseDir, actor] = [config.find("baseDir"), config.find("actor")];
  // The default is the storage's own, and no part of what makes two configurations the same.
  if (baseDir !== undefined && baseDir.source.layer !== "default") storage.baseDir = String(baseDir.value);
  if (actor !== undefined) storage.actor = String(actor.value);
  const outbox = config.find("fallback")?.value === "outbox" ? config.find("outbox.path") : undefined;
  if (outbox !== undefined && storage.postgres !== undefined) {
    storage.fallback = "outbox";
    storage.outboxPath = String(outbox.value);
  }
  return storage;
}

/** What is said of waiting, of connections and of secrets, for a store whose address was given whole. */
export function optionsOf(config: Config): OpenLogOptions {
  return { ...limitsOf(config), ...segmentsOf(config), ...configuredScrub(config) };
}

/** What a JSONL log does with its files; other backends do not ask. */
function segmentsOf(config: Config): OpenLogOptions {
  const found = config.find("jsonl.segment");
  const segmentBytes = found === undefined ? undefined : segmentSize(String(found.value));
  return segmentBytes === undefined ? {} : { segmentBytes };
}

/** What is said of waiting and of connections alone. */
export function limitsOf(config: Config): OpenLogOptions {
  const limits: Record<string, number> = {};
  for (const name of ["lockTimeoutMs", "maxConnections", "connectTimeoutMs", "statementTimeoutMs"]) {
    const found = config.find(name === "lockTimeoutMs" ? name : `postgres.${name}`);
    if (found !== undefined) limits[name] = Number(found.value);
  }
  return limits;
}

function backendConfig(config: Config, { backend, place }: StoreDecision & { kind: "backend" }): StorageConfig {
  const path = String(place.value);
  const storage: StorageConfig = { backend, ...lockTimeout(config) };
  switch (backend) {
    case "jsonl":
      return { ...storage, json: { filePath: path } };
    case "sqlite":
      config.find("sqlite.enableWAL"); // false is an error
      return { ...storage, sqlite: { dbPath: path } };
    case "postgres":
      return { ...storage, postgres: { connectionUrl: path, ...postgresOf(config) } };
    default:
      return backend satisfies never;
  }
}

function postgresOf(config: Config): NonNullable<StorageConfig["postgres"]> {
  const { maxConnections, connectTimeoutMs, statementTimeoutMs } = limitsOf(config);
  const [schema, listenUrl, readUrl] = ["schema", "listenUrl", "readUrl"].map(
    (name) => config.find(`postgres.${name}`)?.value,
  );
  const ssl = sslOf(config);
  return {
    ...defined({ maxConnections, connectTimeout: connectTimeoutMs, statementTimeout: statementTimeoutMs }),
    ...(schema === undefined ? {} : { schema: String(schema) }),
    ...(listenUrl === undefined ? {} : { listenUrl: String(listenUrl) }),
    ...(readUrl === undefined ? {} : { readUrl: String(readUrl) }),
    ...defined({ ssl }),
  };
}

function sslOf(config: Config): PostgresSsl | undefined {
  const [mode, ca] = [config.find("postgres.ssl.mode"), config.find("postgres.ssl.ca")];
  if (mode === undefined && ca === undefined) return undefined;
  return {
    ...(mode === undefined ? {} : { mode: mode.value as NonNullable<PostgresSsl["mode"]> }),
    ...(ca === undefined ? {} : { ca: String(ca.value) }),
  };
}

function lockTimeout(config: Config): { lockTimeout?: number } {
  const found = config.find("lockTimeoutMs");
  return found === undefined ? {} : { lockTimeout: Number(found.value) };
}

function configOfUrl(url: string, { name }: ConfigSource): StorageConfig {
  const { scheme, rest, query } = addressParts(url);
  if (isServerAddress(url)) return { backend: "postgres", postgres: { connectionUrl: url } };
  // A StorageConfig takes a path ending in .json for a legacy file, the command line for the log: two different stores.
  if (scheme === "jsonl" && rest !== "" && !rest.toLowerCase().endsWith(".json")) {
    return { backend: scheme, json: { filePath: rest + query } };
  }
  if (scheme === "sqlite" && rest !== "") return { backend: scheme, sqlite: { dbPath: rest } };
  throw new UsageError("STORAGE_CONFIG_INVALID", `${name} is not the address of a storage`, {
    hint: "set it to jsonl:PATH (ending in .jsonl), sqlite:PATH or postgres://…",
  });
}
