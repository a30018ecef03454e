import { SessionDbError, StorageError } from "../../errors.js";
import { fileErrorCode } from "../../files/file-error-text.js";

const KNOWN: Record<string, readonly [code: string, what: string, hint: string]> = {
  ENOSPC: ["DISK_FULL", "the disk is full", "free some space; what was being written has been taken back"],
  EDQUOT: ["DISK_FULL", "the disk quota is used up", "free some space; what was being written has been taken back"],
  EFBIG: ["DISK_FULL", "the file may not grow further", "raise the limit, or migrate to another backend"],
  EIO: [
    "STORAGE_IO_ERROR",
    "the disk reported an error",
    "check the disk, then open the log again and run: sessiondb verify",
  ],
  EACCES: ["STORAGE_READ_ONLY", "no permission", "check the owner and the mode of the file and its folder"],
  EPERM: ["STORAGE_READ_ONLY", "not permitted", "check the owner and the mode of the file and its folder"],
  EROFS: ["STORAGE_READ_ONLY", "the file system is read-only", "copy the log to a writable place"],
  EISDIR: ["PATH_INVALID", "it is a folder", "name a file: jsonl:PATH/session-db.jsonl"],
  ENOTDIR: ["PATH_INVALID", "a part of the path is no folder", "check the path"],
  ENAMETOOLONG: [
    "PATH_INVALID",
    "its name, or that of a file beside it, is too long",
    "choose a shorter name: s.jsonl.manifest.json and others lie beside s.jsonl",
  ],
  ELOOP: ["PATH_INVALID", "its links lead in a circle", "check the path and its links"],
  ENFILE: ["STORAGE_FAILED", "the system has too many files open", "close some programs, or raise its limit"],
  EMFILE: ["STORAGE_FAILED", "too many files are open", "close some, or raise the limit (ulimit -n)"],
};

/** Turns an error of the file system into ours; what is ours already stays as it is. */
export function translateFileError(error: unknown, url: string): SessionDbError {
  if (error instanceof SessionDbError) return error;
  const { message } = error as Error;
  const code = fileErrorCode(error);
  const [ourCode, what, hint] = KNOWN[code] ?? [
    "STORAGE_FAILED",
    message,
    "open the log again and run: sessiondb verify",
  ];
  return new StorageError(ourCode, `${url}: ${what}${code === "" ? "" : ` (${code})`}`, { hint, cause: error });
}

export function isReadOnlyError(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
}
