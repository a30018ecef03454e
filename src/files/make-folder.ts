import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it, where they are missing. Not with `recursive` of Node: below a folder that takes no
 * others and says ENOENT, as /proc does, that one never comes back.
 *
 * @returns what was made, the outermost first
 * @throws as mkdir of Node does; ENOTDIR where a file is in the way, EEXIST where it is the last part of the path
 */
export function makeFolder(path: string, mode: number): string[] {
  try {
    mkdirSync(path, { mode });
    return [path];
  } catch (error) {
    if (isFolder(path)) return [];
    const parent = dirname(path);
    if (!isAbsent(error) || parent === path || isFolder(parent)) throw error;
    const made = makeFolder(parent, mode);
    return [...made, ...makeLast(path, mode)];
  }
}

function makeLast(path: string, mode: number): string[] {
  try {
    mkdirSync(path, { mode });
    return [path];
  } catch (error) {
    if (isFolder(path)) return []; // another process was faster
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // mkdir says what is wrong with it
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
