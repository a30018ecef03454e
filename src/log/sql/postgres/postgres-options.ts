import type { Entropy } from "../../prepare.js";
import type { Scrubber } from "../../scrubber.js";

export interface PostgresLogOptions {
  now?: () => Date;
  entropy?: Entropy;
  /** Takes secrets out of what is appended. */
  scrubber?: Scrubber;
  /** How often to look for appends of other processes while somebody listens. Default 1,000. */
  pollMs?: number;
  /** How long one statement waits for a lock before it is tried again. Default 10,000. */
  lockTimeoutMs?: number;
  /** How long one statement may take, on the server and on the wire. Default 30,000. */
  statementTimeoutMs?: number;
  /** How long to wait for a new connection. Default 10,000. */
  connectTimeoutMs?: number;
  /** When the server ends a transaction whose client has fallen silent, and frees the lock. Default 5,000. */
  idleInTransactionMs?: number;
  /** How long failures that may pass are tried again: a lost connection, a restart, a deadlock. Default 30,000. */
  retryLimitMs?: number;
  /** Announce appends with NOTIFY, and listen. Where false, only the timer looks. Default true. */
  notify?: boolean;
  /** A direct address for LISTEN, where the log's own goes through a pooler in transaction mode. */
  listenUrl?: string;
  /** A hot standby, where events are read; also `?read_hosts=` of the address. Default: the log's own server. */
  readUrl?: string;
  /** Told what is worth knowing and no error. */
  onNotice?: (notice: { readonly code: string; readonly message: string }) => void;
  /** Connections for reading, to each server. Default 4. */
  maxConnections?: number;
  /** Others append all the time: never tries first as if nobody did. Default false: it is found out. */
  contended?: boolean;
  /** Refuse a schema that is not there instead of creating it. */
  mustExist?: boolean;
  /** Leave the schema as it is, also where this program knows a newer one. */
  readOnly?: boolean;
  /** Told of each failure after which an attempt is made again. */
  onRetry?: (error: unknown) => void;
}

/** The limits of one log, all explicit: never a default of the library, the role or the server. */
export interface PostgresLimits {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleInTransactionMs: number;
  readonly retryLimitMs: number;
  /** Reads wait for less: they can be asked for again by whoever needs them. */
  readonly readRetryMs: number;
  /** For the acts that write or cut any number of events at once. */
  readonly bulkTimeoutMs: number;
  readonly onRetry?: (error: unknown) => void;
}

const MAX_READ_RETRY_MS = 5_000;
const MIN_BULK_TIMEOUT_MS = 600_000;

export function limitsOf(options: PostgresLogOptions): PostgresLimits {
  const retryLimitMs = wholeMs("retryLimitMs", options.retryLimitMs ?? 30_000, 0);
  const statementTimeoutMs = wholeMs("statementTimeoutMs", options.statementTimeoutMs ?? 30_000);
  return {
    lockTimeoutMs: wholeMs("lockTimeoutMs", options.lockTimeoutMs ?? 10_000),
    statementTimeoutMs,
    connectTimeoutMs: wholeMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000),
    idleInTransactionMs: wholeMs("idleInTransactionMs", options.idleInTransactionMs ?? 5_000),
    retryLimitMs,
    readRetryMs: Math.min(retryLimitMs, MAX_READ_RETRY_MS),
    bulkTimeoutMs: Math.max(statementTimeoutMs, MIN_BULK_TIMEOUT_MS),
    ...(options.onRetry === undefined ? {} : { onRetry: options.onRetry }),
  };
}

/** These numbers are written into SQL, and 0 would switch a limit off. */
function wholeMs(name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} must be a whole number of milliseconds from ${least}, not ${String(value)}`);
}
