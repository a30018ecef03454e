import { join } from "node:path";
import { defaultStoreUrl, expandPath, stateDir } from "../config/paths.js";
import { UsageError } from "../errors.js";
import type { OpenLogOptions } from "../open-log.js";

type Env = Readonly<Record<string, string | undefined>>;

/** The documented configuration of a storage. */
export interface StorageConfig {
  backend: "json" | "jsonl" | "sqlite" | "postgres" | "postgresql";
  /** A path ending in .json names a legacy file: it is left alone, the log lies beside it with an `l` at its end. */
  json?: { filePath?: string };
  sqlite?: {
    dbPath?: string;
    path?: string;
    /** The log is always in WAL mode; false is refused. */
    enableWAL?: boolean;
    /** Milliseconds to wait for other writers. */
    timeout?: number;
  };
  postgres?: {
    connectionUrl?: string;
    connectionString?: string;
    maxConnections?: number;
    /** Milliseconds. */
    connectTimeout?: number;
  };
  /** What readState says as long as no other was written. */
  baseDir?: string;
  /** Who changes things through this storage. */
  actor?: string;
}

/** Where a storage lies, and how it is opened. */
export interface StorageAddress {
  readonly url: string;
  /** The path or address alone, for people. */
  readonly location: string;
  readonly options: OpenLogOptions;
}

/** @throws UsageError STORAGE_CONFIG_INVALID */
export function storageAddress(config: StorageConfig, env: Env = process.env): StorageAddress {
  switch (config.backend) {
    case "json":
    case "jsonl":
      return atPath("jsonl", jsonlPath(config.json?.filePath, env), {});
    case "sqlite":
      return sqliteAddress(config.sqlite ?? {}, env);
    case "postgres":
    case "postgresql":
      return postgresAddress(config.postgres ?? {});
    default:
      throw invalid(`unknown backend ${JSON.stringify(config.backend satisfies never)}`, "json, sqlite or postgres");
  }
}

function jsonlPath(filePath: string | undefined, env: Env): string {
  if (filePath === undefined) return defaultStoreUrl(env).slice("jsonl:".length);
  return expandPath(filePath.toLowerCase().endsWith(".json") ? `${filePath}l` : filePath);
}

function sqliteAddress(sqlite: NonNullable<StorageConfig["sqlite"]>, env: Env): StorageAddress {
  if (sqlite.enableWAL === false)
    throw invalid("sqlite.enableWAL: false is not possible", "leave it out: WAL is always on");
  const path = sqlite.dbPath ?? sqlite.path;
  const options = sqlite.timeout === undefined ? {} : { lockTimeoutMs: sqlite.timeout };
  return atPath("sqlite", path === undefined ? join(stateDir(env), "sessions.db") : expandPath(path), options);
}

function postgresAddress(postgres: NonNullable<StorageConfig["postgres"]>): StorageAddress {
  const url = postgres.connectionUrl ?? postgres.connectionString;
  if (url === undefined || url === "") {
    throw invalid("backend postgres needs an address", "postgres: { connectionUrl: process.env.DATABASE_URL }");
  }
  const options: OpenLogOptions = {};
  if (postgres.maxConnections !== undefined) options.maxConnections = postgres.maxConnections;
  if (postgres.connectTimeout !== undefined) options.connectTimeoutMs = postgres.connectTimeout;
  return { url, location: url, options };
}

function atPath(scheme: string, path: string, options: OpenLogOptions): StorageAddress {
  return { url: `${scheme}:${path}`, location: path, options };
}

function invalid(message: string, hint: string): UsageError {
  return new UsageError("STORAGE_CONFIG_INVALID", message, { hint });
}
