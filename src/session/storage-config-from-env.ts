import { resolve } from "node:path";
import { UsageError } from "../errors.js";
import { addressParts } from "../open-log.js";
import type { StorageConfig } from "./storage-config.js";

type Env = Readonly<Record<string, string | undefined>>;

/** Names by era, the newest first. */
const NAMES = {
  backend: ["MINSKY_SESSIONDB_BACKEND", "MINSKY_SESSION_BACKEND", "MINSKY_STORAGE_BACKEND"],
  sqlitePath: ["MINSKY_SESSIONDB_SQLITE_PATH", "MINSKY_SQLITE_PATH"],
  postgresUrl: ["MINSKY_SESSIONDB_POSTGRES_URL", "MINSKY_POSTGRES_URL"],
  baseDir: ["MINSKY_SESSIONDB_BASE_DIR", "MINSKY_BASE_DIR"],
} as const;

const BACKENDS: readonly StorageConfig["backend"][] = ["json", "jsonl", "sqlite", "postgres", "postgresql"];

/**
 * The configuration that the environment names: SESSIONDB_STORE, which is the address that the command line takes, else
 * the names of Minsky. Relative paths start at `workdir`.
 *
 * @throws UsageError STORAGE_CONFIG_INVALID
 */
export function storageConfigFromEnv(workdir: string, env: Env = process.env): StorageConfig {
  const url = first(env, ["SESSIONDB_STORE"]);
  const config = url === undefined ? minskyConfig(workdir, env) : configOfUrl(url, workdir);
  const baseDir = first(env, NAMES.baseDir);
  if (baseDir !== undefined) config.baseDir = from(workdir, baseDir);
  return config;
}

function configOfUrl(url: string, workdir: string): StorageConfig {
  const { scheme, rest } = addressParts(url);
  if (scheme === "postgres" || scheme === "postgresql") return { backend: scheme, postgres: { connectionUrl: url } };
  // A StorageConfig takes a path ending in .json for a legacy file, the command line for the log: two different stores.
  if (scheme === "jsonl" && rest !== "" && !rest.toLowerCase().endsWith(".json")) {
    return { backend: scheme, json: { filePath: from(workdir, rest) } };
  }
  if (scheme === "sqlite" && rest !== "") return { backend: scheme, sqlite: { dbPath: from(workdir, rest) } };
  throw new UsageError("STORAGE_CONFIG_INVALID", "SESSIONDB_STORE is not the address of a storage", {
    hint: "set it to jsonl:PATH (ending in .jsonl), sqlite:PATH or postgres://…",
  });
}

/** What Minsky's own variables name, of any era. @throws UsageError STORAGE_CONFIG_INVALID */
export function minskyConfig(workdir: string, env: Env): StorageConfig {
  const config: StorageConfig = { backend: backendOf(first(env, NAMES.backend)) };
  const sqlitePath = first(env, NAMES.sqlitePath);
  const connectionUrl = first(env, NAMES.postgresUrl);
  if (sqlitePath !== undefined) config.sqlite = { dbPath: from(workdir, sqlitePath) };
  if (connectionUrl !== undefined) config.postgres = { connectionUrl };
  return config;
}

function backendOf(text: string | undefined): StorageConfig["backend"] {
  if (text === undefined) return "jsonl";
  const backend = BACKENDS.find((one) => one === text);
  if (backend !== undefined) return backend;
  throw new UsageError("STORAGE_CONFIG_INVALID", `the environment names an unknown backend ${JSON.stringify(text)}`, {
    hint: `set ${NAMES.backend[0]} to one of: ${BACKENDS.join(", ")}`,
  });
}

function first(env: Env, names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
}

function from(workdir: string, path: string): string {
  return path.startsWith("~") ? path : resolve(workdir, path);
}
