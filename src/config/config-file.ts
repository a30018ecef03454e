import { lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import { UsageError } from "../errors.js";
import { type FileEntry, fileEntries } from "./file-entries.js";
import { refuseUntrusted } from "./repository-trust.js";
import { MAX_CONFIG_BYTES, syntaxError } from "./yaml-text.js";

/** A configuration file that is there. */
export interface ConfigFile {
  readonly path: string;
  /** Of a repository's file the folder that holds `.minsky`; of the user's the folder in which it lies. Paths start here. */
  readonly base: string;
  readonly layer: "repository" | "user";
}

export interface ReadConfigFile extends ConfigFile {
  readonly entries: readonly FileEntry[];
  /** Permission bits. */
  readonly mode: number;
}

/**
 * @returns undefined where there is no such file
 * @throws UsageError CONFIG_UNREADABLE, and as `checkedEntries`
 */
export function readConfigFile(file: ConfigFile): ReadConfigFile | undefined {
  const found = fileText(file.path);
  return found && { ...file, entries: checkedEntries(file, found.text), mode: found.mode };
}

/**
 * What a text of this file would say.
 *
 * @throws UsageError as `fileEntries`; RefusedError CONFIG_SECRET_IN_REPOSITORY, CONFIG_NOT_FOR_REPOSITORY
 */
export function checkedEntries(file: ConfigFile, text: string): FileEntry[] {
  const entries = fileEntries(file.path, text);
  if (file.layer === "repository") refuseUntrusted(file.path, entries);
  return entries;
}

/** The text and the permission bits of a file. @returns undefined where it is not there */
export function fileText(path: string): { text: string; mode: number } | undefined {
  try {
    const stats = statSync(path);
    assertReadable(path, stats);
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)), mode: stats.mode & 0o777 };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof TypeError) throw syntaxError(path, 1, "the file is not UTF-8");
    const { code = "", message } = error as NodeJS.ErrnoException;
    if ((code === "ENOENT" || code === "ENOTDIR") && !isLink(path)) return undefined;
    throw unreadable(path, code === "" ? message : code, error);
  }
}

/** A pipe or a device would be read for ever. */
function assertReadable(path: string, stats: Stats): void {
  if (!stats.isFile()) throw unreadable(path, "it is no file");
  if (stats.size <= MAX_CONFIG_BYTES) return;
  throw new UsageError("CONFIG_TOO_LARGE", `${path} has ${stats.size} bytes, more than ${MAX_CONFIG_BYTES}`, {
    hint: "a configuration has a few dozen lines",
  });
}

/** Of a link to nothing the file is not missing: the disk that holds it may be. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function unreadable(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError("CONFIG_UNREADABLE", `${path} cannot be read: ${why}`, {
    hint: "mend its owner and mode, or move it away; it is not passed over, because it may name another store",
    cause,
  });
}
