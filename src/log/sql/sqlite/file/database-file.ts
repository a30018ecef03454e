import { closeSync, existsSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { NotFoundError, StorageError, UsageError } from "../../../../errors.js";
import { fileErrorText } from "../../../../files/file-error-text.js";
import { makeFolder } from "../../../../files/make-folder.js";
import { realPathOf } from "../../../../files/real-path.js";
import { invalidPath, translateFileError } from "../../../../files/storage-errors.js";
import { syncFolder } from "../../../sync-folder.js";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Types of statfs(2), from linux/magic.h: WAL needs memory shared between all writers, which these cannot give. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB"],
  [0xff534d42, "CIFS"],
]);

/**
 * Makes the file and its folders, readable by their owner only, where they are missing. SQLite gives its -wal and -shm
 * files the mode of the database, so it has to be right before the first byte.
 *
 * An existing file is never opened here: closing a descriptor of it would drop the locks that SQLite holds in this process.
 */
export function createDatabaseFile(asked: string): void {
  if (existsSync(asked)) return;
  let file = asked;
  try {
    file = realPathOf(asked);
    for (const made of makeFolder(dirname(file), PRIVATE_FOLDER)) syncFolder(dirname(made));
    createExclusively(file);
  } catch (cause) {
    throw translateFileError(cause, `sqlite:${file}`);
  }
}

function createExclusively(file: string): void {
  try {
    closeSync(openSync(file, "wx", PRIVATE_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return; // another process was faster
    throw error;
  }
  syncFolder(dirname(file));
}

/** A file that may not be looked at is no file that is not there. @throws NotFoundError LOG_NOT_FOUND; UsageError PATH_INVALID, StorageError */
export function assertThere(file: string, url: string): void {
  let found: unknown;
  try {
    found = statSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    const invalid = invalidPath(cause, url);
    if (invalid !== undefined) throw invalid;
    throw new StorageError("STORAGE_UNREADABLE", `${url} cannot be looked at: ${fileErrorText(cause)}`, {
      hint: "check the path, its links, and who may look into its folders",
      cause,
    });
  }
  if (found === undefined) throw noSuchFile(file);
}

/** Where no log is. */
export function noSuchFile(file: string): NotFoundError {
  return new NotFoundError("LOG_NOT_FOUND", `${file} does not exist`, {
    hint: "check the path; the first append, or an import, makes a log there",
  });
}

/** @throws UsageError NETWORK_FILE_SYSTEM */
export function assertLocalFileSystem(folder: string, typeOf = (path: string) => statfsSync(path).type): void {
  const network = NETWORK_FILE_SYSTEMS.get(typeOf(folder));
  if (network === undefined) return;
  throw new UsageError("NETWORK_FILE_SYSTEM", `${folder} is on ${network}, where SQLite's WAL mode loses data`, {
    hint: "keep the file on a local disk, or use a postgres:// log",
  });
}
