import {
  AppendOutcomeUnknownError,
  ArchivedError,
  ClosedError,
  DivergedError,
  SessionDbError,
  StorageError,
  UnavailableError,
} from "./errors.js";

/** Whom to turn to: the settings, the disk or server, what is stored or was to be stored, or a move between stores. */
export type ErrorCategory = "configuration" | "storage" | "data" | "migration";

/** By the beginning of their codes; the first that fits. What none of these fits goes by its class. */
const BY_CODE: ReadonlyArray<readonly [RegExp, ErrorCategory]> = [
  [/^(MIGRATION|ROLLBACK|IMPORT|EXPORT|TARGET)_|^(CHAIN_BREAK|LOGS_DIVERGED)$/, "migration"],
  // Configuration that works names a server that is there: what the server then refuses is a matter of storage.
  [/^(HOST_NOT_FOUND|AUTH_FAILED|DATABASE_NOT_FOUND|PERMISSION_DENIED|TLS_FAILED|CONFIG_WRITE_FAILED)$/, "storage"],
  [/^(NETWORK_FILE_SYSTEM|SQLITE_UNSAFE|DRIVER_UNUSABLE|LOCK_UNSUPPORTED|WAL_UNAVAILABLE|LOG_NOT_FOUND)$/, "storage"],
  [/^(NOT_A_DATABASE|NOT_A_SESSION_LOG|SCHEMA_NEWER|LOG_FORMAT_NEWER|MANIFEST_INVALID|LOCK_KIND_UNKNOWN)$/, "data"],
  [/^(CONFIG|SCHEME|STORE|STORAGE_CONFIG|BACKEND|CONNECTION_STRING)_/, "configuration"],
  [/^(USAGE|ARGUMENT_INVALID|PATH_INVALID)$/, "configuration"],
];

const STORAGE_CLASSES = [StorageError, UnavailableError, ClosedError, AppendOutcomeUnknownError, ArchivedError];

/**
 * The kind of thing that went wrong. Input that cannot be stored, records that are not there, conflicts and damage are all
 * `data`.
 *
 * @returns undefined for what is no SessionDbError: a mistake in a program, or an error of somebody else
 */
export function errorCategory(error: unknown): ErrorCategory | undefined {
  if (!(error instanceof SessionDbError)) return undefined;
  const byCode = BY_CODE.find(([form]) => form.test(error.code));
  if (byCode !== undefined) return byCode[1];
  if (error instanceof DivergedError) return "migration";
  return STORAGE_CLASSES.some((type) => error instanceof type) ? "storage" : "data";
}
