import { dirname } from "node:path";
import { makeFolder } from "../../files/make-folder.js";
import { realPathOf } from "../../files/real-path.js";
import { translateFileError } from "../../files/storage-errors.js";
import { syncFolder } from "../sync-folder.js";

/**
 * The path without symbolic links, as far as it is there: the lock stands beside the file itself, so that everybody
 * takes the same one, whatever name he came by.
 *
 * @throws StorageError
 */
export function lockedPathOf(path: string): string {
  try {
    return realPathOf(path);
  } catch (error) {
    throw translateFileError(error, `jsonl:${path}`);
  }
}

/** Makes the folders of a file, 0700 and lasting, where they are missing. */
export function makeFolderOf(path: string): void {
  for (const made of makeFolder(dirname(path), 0o700)) syncFolder(dirname(made));
}
