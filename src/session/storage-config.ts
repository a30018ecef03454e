import { defaultSqlitePath, defaultStoreUrl, type Env, expandPath, outboxRoot } from "../config/paths.js";
import { UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { typeName } from "../log/type-name.js";
import { type PostgresSsl, withParameters } from "./postgres-parameters.js";

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
    /** Milliseconds to wait for a new connection. */
    connectTimeout?: number;
    /** Milliseconds that one statement may take. */
    statementTimeout?: number;
    /** Where the address names none. Default `sessiondb`. */
    schema?: string;
    /** Where the address says nothing of it. */
    ssl?: PostgresSsl;
    /** A direct address for LISTEN, where the other goes through a pooler. */
    listenUrl?: string;
    /** A hot standby of the same database, where events are read. */
    readUrl?: string;
  };
  /**
   * `outbox`: while a Postgres is away, writes wait on this machine and reads come from a copy, loudly. Default `none`: an
   * error.
   */
  fallback?: "none" | "outbox";
  /** Below this folder the outbox lies. Default `$XDG_STATE_HOME/minsky/outbox`. */
  outboxPath?: string;
  /** Milliseconds that an append waits for other writers. */
  lockTimeout?: number;
  /** What readState says as long as no other was written. */
  baseDir?: string;
  /** Who changes things through this storage. */
  actor?: string;
}

/** Where a storage lies, and how it is opened. */
export interface StorageAddress {
  readonly url: string;
  /** The path or address alone, for people: without its password. */
  readonly location: string;
  readonly options: OpenLogOptions;
  /** Where its outbox lies, for a Postgres with `fallback: outbox`. */
  readonly outboxRoot?: string;
}

/** @throws UsageError BACKEND_UNKNOWN, CONNECTION_STRING_MISSING, STORAGE_CONFIG_INVALID */
export function storageAddress(config: StorageConfig, env: Env = process.env): StorageAddress {
  assertConfig(config);
  const waits = config.lockTimeout === undefined ? {} : { lockTimeoutMs: config.lockTimeout };
  switch (config.backend) {
    case "json":
    case "jsonl":
      return atPath("jsonl", jsonlPath(config.json?.filePath, env), waits);
    case "sqlite":
      return sqliteAddress(config.sqlite ?? {}, env, waits);
    case "postgres":
    case "postgresql":
      return { ...postgresAddress(config.postgres ?? {}, waits), ...outboxOf(config, env) };
    default:
      throw new UsageError("BACKEND_UNKNOWN", `unknown backend ${JSON.stringify(config.backend satisfies never)}`, {
        hint: "take json, jsonl, sqlite or postgres",
      });
  }
}

/** Not every caller is checked by a compiler. @throws UsageError STORAGE_CONFIG_INVALID */
function assertConfig(config: unknown): void {
  const { backend } = (config ?? {}) as Partial<StorageConfig>;
  if (typeof backend === "string") return;
  throw new UsageError("STORAGE_CONFIG_INVALID", `a storage is named by its backend, not by ${shownConfig(config)}`, {
    hint: 'for example { backend: "sqlite", sqlite: { dbPath: "./s.db" } }; where an address will do: "sqlite:./s.db"',
  });
}

/** The names of its members, and no values: there may be passwords among them. */
function shownConfig(config: unknown): string {
  if (typeof config !== "object" || config === null) return typeName(config);
  return `{ ${Object.keys(config).join(", ")} }`;
}

function outboxOf({ fallback = "none", outboxPath }: StorageConfig, env: Env): Pick<StorageAddress, "outboxRoot"> {
  if (fallback === "none") return {};
  if (fallback === "outbox") return { outboxRoot: outboxPath === undefined ? outboxRoot(env) : expandPath(outboxPath) };
  throw new UsageError("STORAGE_CONFIG_INVALID", `unknown fallback ${JSON.stringify(fallback satisfies never)}`, {
    hint: "take none or outbox",
  });
}

function jsonlPath(filePath: string | undefined, env: Env): string {
  if (filePath === undefined) return defaultStoreUrl(env).slice("jsonl:".length);
  return expandPath(filePath.toLowerCase().endsWith(".json") ? `${filePath}l` : filePath);
}

function sqliteAddress(sqlite: NonNullable<StorageConfig["sqlite"]>, env: Env, waits: OpenLogOptions): StorageAddress {
  if (sqlite.enableWAL === false) {
    throw new UsageError("STORAGE_CONFIG_INVALID", "sqlite.enableWAL: false is not possible", {
      hint: "leave it out: the log is always in WAL mode, without which readers and writers would lock each other out",
    });
  }
  const path = sqlite.dbPath ?? sqlite.path;
  const options = sqlite.timeout === undefined ? waits : { lockTimeoutMs: sqlite.timeout };
  return atPath("sqlite", path === undefined ? defaultSqlitePath(env) : expandPath(path), options);
}

function postgresAddress(postgres: NonNullable<StorageConfig["postgres"]>, waits: OpenLogOptions): StorageAddress {
  const address = postgres.connectionUrl ?? postgres.connectionString;
  if (address === undefined || address === "") {
    throw new UsageError("CONNECTION_STRING_MISSING", "backend postgres needs an address", {
      hint: "postgres: { connectionUrl: process.env.DATABASE_URL }",
    });
  }
  const { maxConnections, connectTimeout, statementTimeout, listenUrl, readUrl, schema, ssl } = postgres;
  const url = withParameters(address, { schema, ssl });
  const options: OpenLogOptions = { ...waits };
  if (maxConnections !== undefined) options.maxConnections = maxConnections;
  if (connectTimeout !== undefined) options.connectTimeoutMs = connectTimeout;
  if (statementTimeout !== undefined) options.statementTimeoutMs = statementTimeout;
  if (listenUrl !== undefined) options.listenUrl = withParameters(listenUrl, { ssl });
  if (readUrl !== undefined) options.readUrl = withParameters(readUrl, { ssl });
  return { url, location: maskUrl(url), options };
}

function atPath(scheme: string, path: string, options: OpenLogOptions): StorageAddress {
  return { url: `${scheme}:${path}`, location: path, options };
}
