import type { Logger } from "./logger.js";
import type { Entropy } from "./prepare.js";
import type { Scrubber, ScrubOptions } from "./scrubber.js";

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

/** As an object, so that the compiler knows when one is missing. */
export const OPEN_LOG_OPTIONS: Readonly<Record<keyof OpenLogOptions, true>> = {
  mustExist: true,
  readOnly: true,
  now: true,
  entropy: true,
  onNotice: true,
  scrub: true,
  scrubber: true,
  logger: true,
  onRetry: true,
  archives: true,
  cacheBytes: true,
  segmentBytes: true,
  lockTimeoutMs: true,
  pollMs: true,
  maxConnections: true,
  listenUrl: true,
  readUrl: true,
  notify: true,
  connectTimeoutMs: true,
  statementTimeoutMs: true,
  retryLimitMs: true,
};
