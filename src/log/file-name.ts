import type { Stats } from "node:fs";
import { StorageError } from "../errors.js";
import { shellWord } from "./shell-word.js";

export function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** What is written to a file that has lost its name is found by nobody. */
export function replacedError(what: string): StorageError {
  return new StorageError("LOG_REPLACED", `${what} was removed or replaced while it was open`, {
    hint: "open the log again; never replace a log that is in use",
  });
}

/** @param each what every name has for itself, and writers under two names do not share */
export function linkedError(url: string, path: string, names: number, each: string): StorageError {
  return new StorageError("LOG_LINKED", `${url} has ${names} names (hard links), each with ${each} of its own`, {
    hint: `keep one of them, or use a copy; they are found with: find / -xdev -samefile ${shellWord(path)}`,
  });
}
