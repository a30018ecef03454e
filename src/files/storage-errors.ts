import { SessionDbError, StorageError, UsageError } from "../errors.js";
import { fileErrorCode, fileErrorText } from "./file-error-text.js";

const SPACE = "free some space; what was being written has been taken back";
const RIGHTS = "check the owner and the mode of the file and its folder";
const PLACE = "check the path; or name another place with --store";

const KNOWN: Record<string, readonly [code: string, hint: string]> = {
  ENOSPC: ["DISK_FULL", SPACE],
  EDQUOT: ["DISK_FULL", SPACE],
  EFBIG: ["DISK_FULL", "raise the limit, or migrate to another backend"],
  EIO: ["STORAGE_IO_ERROR", "check the disk, then open the log again and run: sessiondb verify"],
  EACCES: ["STORAGE_READ_ONLY", RIGHTS],
  EPERM: ["STORAGE_READ_ONLY", RIGHTS],
  EROFS: ["STORAGE_READ_ONLY", "copy the log to a writable place"],
  ENOTDIR: ["STORAGE_FAILED", "move away the file that stands where a folder should be"],
  ENFILE: ["STORAGE_FAILED", "close some programs, or raise its limit"],
  EMFILE: ["STORAGE_FAILED", "close some, or raise the limit (ulimit -n)"],
};

/** Of these the address is to blame, wherever they come from. */
const KNOWN_OF_PATHS: Record<string, string> = {
  EISDIR: "name a file in that folder",
  ENOTDIR: PLACE,
  ENAMETOOLONG: "choose a shorter name: s.jsonl.manifest.json and others lie beside s.jsonl",
  ELOOP: "check the path and its links",
};

/** Turns an error of the file system into ours; what is ours already stays as it is. */
export function translateFileError(error: unknown, url: string): SessionDbError {
  if (error instanceof SessionDbError) return error;
  return invalidPath(error, url) ?? failedStorage(error, url);
}

/** The same of a place that we have chosen, where no address is to blame. */
export function failedStorage(error: unknown, url: string): SessionDbError {
  if (error instanceof SessionDbError) return error;
  const [code, hint] = KNOWN[fileErrorCode(error)] ?? [
    "STORAGE_FAILED",
    "open the log again and run: sessiondb verify",
  ];
  return new StorageError(code, `${url}: ${fileErrorText(error)}`, { hint, cause: error });
}

/** PATH_INVALID; undefined where the address is not to blame. */
export function invalidPath(error: unknown, url: string): UsageError | undefined {
  const hint = hintOfPath(error);
  if (hint === undefined) return undefined;
  return new UsageError("PATH_INVALID", `${url}: ${fileErrorText(error)}`, { hint, cause: error });
}

function hintOfPath(error: unknown): string | undefined {
  const code = fileErrorCode(error);
  const isOfFolder = (error as NodeJS.ErrnoException).syscall === "mkdir" && ["EEXIST", "ENOENT"].includes(code);
  return isOfFolder ? PLACE : KNOWN_OF_PATHS[code];
}

export function isReadOnlyError(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
}
