import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../files/make-folder.js";
import { syncFolder } from "../sync-folder.js";
import { translateFileError } from "./file-errors.js";

/**
 * The path without symbolic links, as far as it is there: the lock stands beside the file itself, so that everybody
 * takes the same one, whatever name he came by.
 *
 * @throws StorageError
 */
export function realPathOf(path: string): string {
  for (const [there, rest] of [
    [path, ""],
    [dirname(path), basename(path)],
  ] as const) {
    try {
      return join(realpathSync(there), rest);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw translateFileError(error, `jsonl:${path}`);
    }
  }
  return path;
}

/** Makes the folders of a file, 0700 and lasting, where they are missing. */
export function makeFolderOf(path: string): void {
  for (const made of makeFolder(dirname(path), 0o700)) syncFolder(dirname(made));
}
