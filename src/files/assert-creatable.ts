import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Whether this user could make a file, or a folder, at a path, with the folders above it that are missing. Makes nothing, so
 * what only trying tells is not seen: a disk that is full, a folder of the system that takes no others.
 *
 * @throws as making it would: ENOTDIR where a part of the path is no folder, EACCES, EROFS, ENAMETOOLONG
 */
export function assertCreatable(path: string): void {
  let folder = dirname(resolve(path));
  while (!isFolder(folder)) folder = dirname(folder);
  accessSync(folder, constants.W_OK | constants.X_OK);
}

/** False where nothing is there. */
function isFolder(path: string): boolean {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen === undefined) return false;
  if (!seen.isDirectory()) throw notDirectory(path);
  return true;
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: "ENOTDIR", syscall: "mkdir" });
}
