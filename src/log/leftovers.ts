import { type Dirent, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Leftover, StoredFile } from "./store-exam.js";

/** Deeper than any sidecar name goes. */
const MAX_DEPTH = 8;

/**
 * What was left beside a file: `.unfinished-…` in its folder, and whatever its own kind of store leaves.
 *
 * @param kindOf what the kind of store calls a file of this name; undefined where it is none of its own
 */
export function leftoversBeside(path: string, kindOf: (name: string) => Leftover["kind"] | undefined): Leftover[] {
  const folder = dirname(path);
  return entriesOf(folder).flatMap((entry) => {
    const isUnfinished = entry.name.startsWith(".unfinished-") || entry.name === `${basename(path)}.manifest.json.tmp`;
    if (entry.isDirectory() && isUnfinished) return leftover("unfinished", join(folder, entry.name));
    if (!entry.isFile()) return [];
    const kind = kindOf(entry.name);
    if (kind !== undefined) return leftover(kind, join(folder, entry.name));
    return isUnfinished ? leftover("unfinished", join(folder, entry.name)) : [];
  });
}

/** Files below a folder whose name begins so. */
export function leftoversBelow(folder: string, beginning: string, depth = 0): Leftover[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth < MAX_DEPTH ? leftoversBelow(path, beginning, depth + 1) : [];
    return entry.isFile() && entry.name.startsWith(beginning) ? leftover("unfinished", path) : [];
  });
}

/**
 * Those of these paths that are there, with their modes. A device, a pipe or somebody's folder in the place of a store is
 * none of its files: nobody should be told to change their modes.
 */
export function storedFiles(files: readonly string[], folders: readonly string[] = []): StoredFile[] {
  return [...files, ...folders].flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    const isOurs = folders.includes(path) ? stats?.isDirectory() : stats?.isFile();
    return stats === undefined || isOurs !== true ? [] : [{ path, mode: stats.mode & 0o777 }];
  });
}

/** Bytes of a file; 0 where there is none. */
export function fileBytes(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : 0;
}

/** Bytes of all files below a folder; 0 where there is none. */
export function bytesBelow(folder: string, depth = 0): number {
  return entriesOf(folder).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return sum + fileBytes(path);
    return depth < MAX_DEPTH ? sum + bytesBelow(path, depth + 1) : sum;
  }, 0);
}

function leftover(kind: Leftover["kind"], path: string): Leftover[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  const bytes = stats?.isDirectory() === true ? bytesBelow(path) : stats?.size;
  return stats === undefined ? [] : [{ kind, path, bytes: bytes ?? 0, changedAt: stats.mtime.toISOString() }];
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
