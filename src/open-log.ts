import { dirname, resolve } from "node:path";
import { withArchives } from "./archive/with-archives.js";
import { addressParts } from "./config/address.js";
import { expandPath } from "./config/paths.js";
import { SEGMENT_SIZE_FORM, segmentSize } from "./config/segment-size.js";
import { RefusedError, UsageError } from "./errors.js";
import type { EventLog } from "./log/event-log.js";
import type { Logger } from "./log/logger.js";
import { maskUrl } from "./log/mask-url.js";
import { ObservedLog } from "./log/observed-log.js";
import { Observer } from "./log/observer.js";
import type { LogPartitions } from "./log/partitions.js";
import type { Entropy } from "./log/prepare.js";
import { ReadOnlyLog } from "./log/read-only-log.js";
import { Scrubber, type ScrubOptions } from "./log/scrubber.js";
import type { StoreExam } from "./log/store-exam.js";
import { probeFile, type StoreProbe } from "./log/store-probe.js";
import { findTelemetry } from "./log/telemetry.js";

/** Something that was noticed while a log was opened or used, such as a torn tail that was moved aside. */
export interface LogNotice {
  readonly code: string;
  readonly message: string;
}

/** What any backend may be told; each takes what it knows. */
export interface OpenLogOptions {
  /** Refuse a log that is not there instead of creating it. */
  mustExist?: boolean;
  /**
   * Only look: the log must exist, nothing is created, mended, brought up to date or written back, and every change is
   * refused. What stays behind is what was there. (SQLite may use its -shm file, which is memory for locks.)
   */
  readOnly?: boolean;
  now?: () => Date;
  entropy?: Entropy;
  onNotice?: (notice: LogNotice) => void;
  /**
   * What becomes of secrets in what is appended: tokens, private keys, passwords in addresses. Default: they are taken
   * out, and a notice SECRET_SCRUBBED tells where.
   */
  scrub?: ScrubOptions;
  /** What does so, for backends: made of `scrub`. */
  scrubber?: Scrubber;
  /** Told what the log does; without one nothing is logged. */
  logger?: Logger;
  /** Told of each attempt that failed for a reason that may pass, and is made again. Postgres. */
  onRetry?: (error: unknown) => void;
  /** Where the archives of the log may be: files, and folders that hold them. Its own folder is looked into anyway. */
  archives?: readonly string[];
  /**
   * SQLite: how much of the file is kept in memory, in bytes. Default 16 MB, for who reads here and there; from one end to the
   * other hardly any is needed.
   */
  cacheBytes?: number;
  /**
   * JSONL: where the file has grown to so many bytes, it is closed as a segment of the log, and another is begun. Also
   * `?segment=64MiB` of the address, which counts before this. Default: the log stays one file.
   */
  segmentBytes?: number;
  /** How long an append waits for other writers. */
  lockTimeoutMs?: number;
  /** How often to look for appends of other processes while somebody listens. */
  pollMs?: number;
  /** Postgres: connections for reading. */
  maxConnections?: number;
  /** Postgres: a direct address for LISTEN, where the log's own goes through a pooler. */
  listenUrl?: string;
  /**
   * Postgres: a hot standby, where events are read; also `?read_hosts=` of the address. Nothing that is read there is older
   * than what this process has written or read before.
   */
  readUrl?: string;
  /**
   * Postgres: announce appends with NOTIFY, and listen. The server commits one announced transaction after the other, in all
   * its databases; where false, logs do not wait for each other, and what others append is found by looking. Default true.
   */
  notify?: boolean;
  /** Postgres: how long to wait for a new connection. */
  connectTimeoutMs?: number;
  /** Postgres: how long one statement may take. */
  statementTimeoutMs?: number;
  /** Postgres: how long failures that may pass are tried again. */
  retryLimitMs?: number;
}

/** Opens a log. `rest` is what follows `scheme:` in the address, `url` the whole address. */
export type OpenBackend = (rest: string, options: OpenLogOptions, url: string) => Promise<EventLog>;

/** Drivers load only when their backend is opened. */
const BACKENDS = new Map<string, OpenBackend>([
  ["memory", openMemory],
  ["jsonl", openJsonl],
  ["sqlite", openSqlite],
  ["postgres", openPostgres],
  ["postgresql", openPostgres],
]);

/**
 * Opens the log at an address: `jsonl:PATH`, `sqlite:PATH`, `postgres://…`, `memory:`, or a scheme that was registered.
 * What it does is told to `options.logger`, and to OpenTelemetry where the program has registered a provider before.
 * A bare path ending in .jsonl, .db or .sqlite is taken for what it says. `~` means the home folder.
 *
 * @throws UsageError STORE_URL_INVALID, SCRUB_INVALID, and whatever the backend throws
 */
export async function openLog(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  const telemetry = await findTelemetry();
  if (options.logger === undefined && telemetry === undefined) return openUnobserved(url, options);
  const observer = new Observer(shownUrl(url), options.logger, telemetry);
  return new ObservedLog(await openUnobserved(url, observedOptions(options, observer)), observer);
}

async function openUnobserved(url: string, options: OpenLogOptions): Promise<EventLog> {
  const { open, rest } = backendOf(url);
  const shelved = async (more: OpenLogOptions) => withArchives(await open(rest, { ...options, ...more }, url), places);
  const places = archivePlaces(url, options);
  if (options.readOnly !== true) return shelved({ scrubber: scrubberOf(options) });
  return new ReadOnlyLog(await shelved({ mustExist: true }));
}

/** Where the archives of a log may be; the folder of a log that is a file among them. */
export function archivePlaces(url: string, { archives = [] }: OpenLogOptions = {}): string[] {
  const { scheme, rest } = addressParts(url);
  const isFile = ["jsonl", "sqlite"].includes(scheme) && rest !== "";
  return [...archives.map((place) => expandPath(place)), ...(isFile ? [dirname(resolve(expandPath(rest)))] : [])];
}

/** @throws UsageError SCRUB_INVALID */
export function scrubberOf({ scrub = {}, onNotice, scrubber }: OpenLogOptions): Scrubber {
  return scrubber ?? new Scrubber(scrub, (notice) => onNotice?.(notice));
}

function observedOptions(options: OpenLogOptions, observer: Observer): OpenLogOptions {
  return {
    ...options,
    onNotice: (notice) => {
      observer.noticed(notice);
      options.onNotice?.(notice);
    },
    onRetry: (error) => {
      observer.retried(error);
      options.onRetry?.(error);
    },
  };
}

/**
 * As with `readOnly`, but with the tables of its read models, whose stored states a `ReadOnlyLog` does not show. Whoever
 * asks for this calls nothing that writes.
 *
 * @throws as openLog
 */
export async function openToDiagnose(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  const { open, rest } = backendOf(url);
  const log = await open(rest, { ...options, mustExist: true, readOnly: true }, url);
  return withArchives(log, archivePlaces(url, options));
}

/**
 * Looks at the place of a log without opening, creating or changing anything. Of registered backends nothing is known.
 *
 * @throws UsageError STORE_URL_INVALID; Postgres: whatever keeps it from connecting
 */
export async function probeStore(url: string, options: OpenLogOptions = {}): Promise<StoreProbe> {
  const { scheme, rest } = addressParts(url);
  switch (scheme) {
    case "jsonl":
      return probeFile(pathOf(rest, url), await segmentEndings(pathOf(rest, url)));
    case "sqlite":
      return probeFile(pathOf(rest, url), ["-wal"]);
    case "postgres":
    case "postgresql": {
      const { probePostgres } = await import("./log/sql/postgres/postgres-probe.js");
      return probePostgres(url, options);
    }
    default:
      backendOf(url);
      return {};
  }
}

/**
 * The store as it lies there, for questions that an open log cannot answer. Nothing is opened before it is asked.
 *
 * @returns undefined for a log in memory, and for registered backends: of those nothing is known
 * @throws UsageError STORE_URL_INVALID
 */
export async function examineStore(url: string, options: OpenLogOptions = {}): Promise<StoreExam | undefined> {
  const { scheme, rest } = addressParts(url);
  switch (scheme) {
    case "jsonl": {
      const { JsonlFileExam } = await import("./log/jsonl/jsonl-exam.js");
      return new JsonlFileExam(pathOf(rest, url));
    }
    case "sqlite": {
      const { SqliteFileExam } = await import("./log/sql/sqlite/sqlite-exam.js");
      return new SqliteFileExam(pathOf(rest, url), options.lockTimeoutMs);
    }
    case "postgres":
    case "postgresql": {
      const { PostgresServerExam } = await import("./log/sql/postgres/postgres-exam.js");
      return new PostgresServerExam(url, options);
    }
    default:
      backendOf(url);
      return undefined;
  }
}

/**
 * The partitions of a log in Postgres; to be closed.
 *
 * @throws UsageError STORE_URL_INVALID; RefusedError PARTITION_UNSUPPORTED any other backend
 */
export async function openPartitions(url: string, options: OpenLogOptions = {}): Promise<LogPartitions> {
  const { scheme } = addressParts(url);
  if (!hasPartitions(url)) {
    backendOf(url);
    throw new RefusedError("PARTITION_UNSUPPORTED", `${scheme}: has no partitions; nothing was changed`, {
      hint: "they are of Postgres; a part that is seldom asked for leaves other stores by: sessiondb archive",
    });
  }
  const { PostgresPartitions } = await import("./log/sql/postgres/postgres-partitions.js");
  return new PostgresPartitions(url, options);
}

/** Whether a log at this address can have partitions. */
export function hasPartitions(url: string): boolean {
  return ["postgres", "postgresql"].includes(addressParts(url).scheme);
}

/** Makes `scheme:…` an address. @throws UsageError SCHEME_TAKEN, SCHEME_INVALID */
export function registerBackend(scheme: string, open: OpenBackend): void {
  if (!/^[a-z][a-z0-9+.-]+$/.test(scheme)) {
    throw new UsageError("SCHEME_INVALID", `${JSON.stringify(scheme)} is no scheme of an address`, {
      hint: "take two or more of a-z, 0-9, +, . and -, starting with a letter",
    });
  }
  if (BACKENDS.has(scheme)) {
    throw new UsageError("SCHEME_TAKEN", `${scheme}: has a backend already`, { hint: "choose another scheme" });
  }
  BACKENDS.set(scheme, open);
}

/** The address as the log that is opened there shows it: paths absolute, passwords masked. */
export function shownUrl(url: string): string {
  const { scheme, rest } = addressParts(url);
  return ["jsonl", "sqlite"].includes(scheme) && rest !== "" ? `${scheme}:${expandPath(rest)}` : maskUrl(url);
}

function backendOf(url: string): { open: OpenBackend; rest: string } {
  if (typeof url !== "string") throw invalidUrl(`not the address of a log: ${typeof url}`); // an unset variable, mostly
  const { scheme, rest } = addressParts(url);
  const open = BACKENDS.get(scheme);
  if (open !== undefined) return { open, rest };
  throw invalidUrl(`not the address of a log: ${JSON.stringify(maskUrl(url))}`);
}

function invalidUrl(message: string): UsageError {
  const forms = ["jsonl:PATH", "sqlite:PATH", "postgres://user@host/database", "memory:"];
  const own = [...BACKENDS.keys()].slice(5).map((scheme) => `${scheme}:…`);
  return new UsageError("STORE_URL_INVALID", message, { hint: `write one of: ${[...forms, ...own].join("  ")}` });
}

function pathOf(rest: string, url: string): string {
  if (rest === "") throw invalidUrl(`${JSON.stringify(url)} names no file`);
  // SQLite's own word, of which a path would make a file of that name.
  if (rest === ":memory:")
    throw invalidUrl(`${JSON.stringify(url)} names no file; a log that is kept nowhere is memory:`);
  return expandPath(rest);
}

/** Of a log in segments, how the names of their files end. */
async function segmentEndings(path: string): Promise<string[]> {
  const { checkManifest } = await import("./log/jsonl/manifest.js");
  const { segmentPath } = await import("./log/jsonl/segment-entry.js");
  return (checkManifest(path)?.segments ?? []).map(({ n }) => segmentPath("", n));
}

/** What its address says. @throws UsageError STORE_URL_INVALID */
function segmentBytesOf(url: string): number | undefined {
  const { query } = addressParts(url);
  if (query === "") return undefined;
  const size = segmentSize(query.slice(query.indexOf("=") + 1));
  if (size !== undefined) return size;
  throw new UsageError(
    "STORE_URL_INVALID",
    `${JSON.stringify(url)}: ${JSON.stringify(query)} names no size of a segment`,
    {
      hint: `write ?segment= and ${SEGMENT_SIZE_FORM}`,
    },
  );
}

async function openMemory(rest: string, options: OpenLogOptions, url: string): Promise<EventLog> {
  if (rest !== "") throw invalidUrl(`${JSON.stringify(url)}: a log in memory has no name`);
  const { MemoryLog } = await import("./log/memory/memory-log.js");
  return new MemoryLog(options);
}

async function openJsonl(rest: string, options: OpenLogOptions, url: string): Promise<EventLog> {
  const path = pathOf(rest, url);
  const asked = segmentBytesOf(url);
  const { JsonlLog } = await import("./log/jsonl/jsonl-log.js");
  return JsonlLog.open(path, asked === undefined ? options : { ...options, segmentBytes: asked });
}

async function openSqlite(rest: string, options: OpenLogOptions, url: string): Promise<EventLog> {
  const path = pathOf(rest, url);
  const { SqliteLog } = await import("./log/sql/sqlite/sqlite-log.js");
  const { lockTimeoutMs, ...known } = options;
  return SqliteLog.open(path, lockTimeoutMs === undefined ? known : { ...known, busyTimeoutMs: lockTimeoutMs });
}

async function openPostgres(_rest: string, options: OpenLogOptions, url: string): Promise<EventLog> {
  const { PostgresLog } = await import("./log/sql/postgres/postgres-log.js");
  return PostgresLog.open(url, options);
}
