import { IntegrityError, type SessionDbError, StorageError, UnavailableError, UsageError } from "../../../errors.js";
import { shellWord } from "../../shell-word.js";
import { modelGone } from "../read-model/model-gone.js";

/** A COMMIT that the disk did not confirm: SQLite has rolled back, but after a crash it may turn out to be there. */
export class CommitFailure extends Error {
  constructor(cause: unknown) {
    super("the commit was not confirmed", { cause });
  }
}

/** The extended result code (`SQLITE_BUSY_SNAPSHOT`), or undefined where `error` is none of SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === "SqliteError" && typeof code === "string" ? code : undefined;
}

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? "");
}

export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)$/.test(sqliteCode(error) ?? "");
}

type Translation = (url: string, text: string, cause: unknown) => SessionDbError;

/**
 * A log in WAL mode is read only where SQLite can make two files beside it, or they are there. To read one without them would
 * need an address (`immutable=1`) that this SQLite is built not to take.
 */
function workOnCopy(url: string): string {
  const file = shellWord(url.slice("sqlite:".length));
  return `copy it, with what stands beside it, to where you may write (cp ${file}* FOLDER), and name the copy with --store`;
}

/** By primary result code, to which SQLite adds a suffix for the particular case; or by such a case. */
const TRANSLATIONS: Record<string, Translation> = {
  SQLITE_READONLY_DIRECTORY: (url, _text, cause) =>
    new StorageError("STORAGE_READ_ONLY", `${url} cannot be read where it is: its folder takes no files of SQLite's`, {
      hint: workOnCopy(url),
      cause,
    }),
  SQLITE_BUSY: lockedError,
  SQLITE_LOCKED: lockedError,
  SQLITE_FULL: (url, _text, cause) =>
    new StorageError("DISK_FULL", `${url}: the disk is full; nothing was written`, {
      hint: "free some space, then do it again; reading still works",
      cause,
    }),
  SQLITE_READONLY: (url, _text, cause) =>
    new StorageError("STORAGE_READ_ONLY", `${url} is read-only; nothing was written`, {
      hint: "make the file and its folder writable for this user, or work on a copy",
      cause,
    }),
  SQLITE_IOERR: (url, text, cause) =>
    new StorageError("STORAGE_IO_ERROR", `${url}: the disk failed (${text})`, {
      hint: "check the disk and its free space, reopen the log and look at its tail before writing again",
      cause,
    }),
  SQLITE_CORRUPT: (url, text, cause) =>
    new IntegrityError("STORAGE_DAMAGED", `${url}: the database file is damaged (${text})`, {
      hint: "copy the file aside, then run: sessiondb verify; restore from a backup or another copy of this log",
      cause,
    }),
  SQLITE_NOTADB: (url, _text, cause) =>
    new UsageError("NOT_A_DATABASE", `${url} is not a SQLite database; it was not touched`, {
      hint: "check the path; a JSONL log is opened as jsonl:path",
      cause,
    }),
  SQLITE_CANTOPEN: (url, text, cause) =>
    new StorageError("STORAGE_UNREADABLE", `${url} cannot be opened (${text})`, {
      hint: `check that the file can be read; where its folder takes no files, ${workOnCopy(url)}`,
      cause,
    }),
};

const MODEL_GONE = /no such table: (main\.)?model_/;
const MODELS_GONE = /no such table: (main\.)?(model_|read_models)/;

/** A table of a read model is not there, though the list of them names it; or that list itself is gone. */
export function isModelGone(error: unknown): boolean {
  return sqliteCode(error) !== undefined && MODELS_GONE.test((error as Error).message);
}

function lockedError(url: string, text: string, cause: unknown): UnavailableError {
  return new UnavailableError("LOG_LOCKED", `${url} is locked by another writer (${text})`, {
    hint: "try again; if it stays locked, look for a program that holds a transaction open on this file",
    cause,
  });
}

/** The one place where the driver's errors become ours. Errors that are ours or a programmer's pass as they are. */
export function translateError(error: unknown, url: string): unknown {
  if (error instanceof CommitFailure) return translateError(error.cause, url);
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const text = `${code}: ${(error as Error).message}`;
  const primary = code.split("_").slice(0, 2).join("_");
  const translation = TRANSLATIONS[code] ?? TRANSLATIONS[primary];
  if (translation !== undefined) return translation(url, text, error);
  if (MODEL_GONE.test(text)) return modelGone(url, error);
  return new StorageError("STORAGE_FAILED", `${url}: SQLite failed (${text})`, {
    hint: "reopen the log; if it fails again run: sessiondb doctor",
    cause: error,
  });
}
