import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import type { StorageError } from "../../../../errors.js";
import { realPathOf } from "../../../../files/real-path.js";
import { isSameFile, linkedError, replacedError } from "../../../file-name.js";

/** A file system may tell times no finer than this: what was changed later in the same moment looks unchanged. */
const MOMENT_MS = 100;
/** A name in another folder changes nothing in this one; whoever opens the log under it is refused at once. */
const LINKS_MS = 1_000;

/**
 * The files that an open database is, by their names. SQLite holds them open and does not look at the names again: where
 * somebody moves, removes or replaces one of them, it goes on with files that nobody else finds, and what it confirms then
 * is gone when they are closed.
 *
 * Names change only where their folder does, so mostly that alone is looked at. Linux 6.13 and newer note for a file that
 * somebody asks for its times that the next write must set them exactly: to ask for three of them made an append of one a
 * third slower (measured).
 */
export class OwnFiles {
  readonly #url: string;
  readonly #database: string;
  /** As they were when the database was opened. */
  readonly #files: readonly (readonly [path: string, was: Stats])[];
  readonly #place: string;
  /** The folder as it was when all files had their names. */
  #folder: readonly [path: string, was: Stats] | undefined;
  /** performance.now() of the last look at the files themselves. */
  #looked = 0;

  /** @param path of the database that was just opened */
  constructor(db: Database.Database, path: string, url: string) {
    db.pragma("user_version"); // only the first read makes the -wal and -shm files
    this.#url = url;
    this.#database = realPathOf(path); // SQLite puts the others beside the file itself
    this.#place = dirname(this.#database);
    this.#files = ["", "-wal", "-shm"].flatMap((suffix) => {
      const file = this.#database + suffix;
      const was = statOf(file);
      return was === undefined ? [] : [[file, was] as const];
    });
  }

  /** Whether the database still has its name. */
  areNamed(): boolean {
    if (this.#isFolderSame()) return true;
    const [database] = this.#files;
    return database !== undefined && namedNow(database) !== undefined;
  }

  /** @throws StorageError LOG_REPLACED */
  assertNamed(): void {
    if (!this.areNamed()) throw replacedError(this.#url);
  }

  /** Before anything is confirmed. The caller holds the write lock. @throws StorageError LOG_REPLACED, LOG_LINKED */
  assertOwnLocked(): void {
    const now = performance.now();
    if (now - this.#looked < LINKS_MS && this.#isFolderSame()) return;
    const folder = settledFolder(this.#place);
    this.#assertEachLocked();
    this.#folder = folder === undefined ? undefined : [this.#place, folder];
    this.#looked = now;
  }

  #assertEachLocked(): void {
    const [database, ...others] = this.#files;
    const now = database === undefined ? undefined : namedNow(database);
    if (now === undefined) throw replacedError(this.#url);
    const gone = others.find((file) => namedNow(file) === undefined);
    if (gone !== undefined) throw replacedError(`${this.#url}: its file ${gone[0]}`);
    if (now.nlink > 1) throw manyNames(this.#url, this.#database, now.nlink);
  }

  #isFolderSame(): boolean {
    if (this.#folder === undefined) return false;
    return namedNow(this.#folder)?.ctimeMs === this.#folder[1].ctimeMs;
  }
}

/**
 * Under another name the database has another -wal file, which holds the newest events: who reads there does not see them,
 * and who writes there writes over them.
 *
 * @throws StorageError LOG_LINKED
 */
export function assertOneName(path: string, url: string): void {
  const names = statOf(path)?.nlink ?? 1;
  if (names > 1) throw manyNames(url, path, names);
}

function manyNames(url: string, path: string, names: number): StorageError {
  return linkedError(url, path, names, "a -wal file");
}

/** What has its name now, where it is the same file. A folder that may not be looked into any more says nothing about its files. */
function namedNow([path, was]: readonly [string, Stats]): Stats | undefined {
  try {
    const now = statOf(path);
    return now !== undefined && isSameFile(now, was) ? now : undefined;
  } catch {
    return was;
  }
}

/** @returns undefined where it was changed just now, or cannot be looked at: it may be changed again without looking so */
function settledFolder(path: string): Stats | undefined {
  try {
    const folder = statOf(path);
    return folder !== undefined && Date.now() - folder.ctimeMs > MOMENT_MS ? folder : undefined;
  } catch {
    return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
