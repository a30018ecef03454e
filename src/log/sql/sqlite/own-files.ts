import { type Stats, statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { StorageError } from "../../../errors.js";
import { realPathOf } from "../../../files/real-path.js";
import { isSameFile, linkedError, replacedError } from "../../file-name.js";

/**
 * The files that an open database is, by their names. SQLite holds them open and does not look at the names again: where
 * somebody moves, removes or replaces one of them, it goes on with files that nobody else finds, and what it confirms then
 * is gone when they are closed.
 */
export class OwnFiles {
  readonly #url: string;
  readonly #database: string;
  /** As they were when the database was opened. */
  readonly #files: readonly (readonly [path: string, was: Stats])[];

  /** @param path of the database that was just opened */
  constructor(db: Database.Database, path: string, url: string) {
    db.pragma("user_version"); // only the first read makes the -wal and -shm files
    this.#url = url;
    this.#database = realPathOf(path); // SQLite puts the others beside the file itself
    this.#files = ["", "-wal", "-shm"].flatMap((suffix) => {
      const file = this.#database + suffix;
      const was = statOf(file);
      return was === undefined ? [] : [[file, was] as const];
    });
  }

  /** Whether the database still has its name. */
  areNamed(): boolean {
    const [database] = this.#files;
    return database !== undefined && namedNow(database) !== undefined;
  }

  /** @throws StorageError LOG_REPLACED */
  assertNamed(): void {
    if (!this.areNamed()) throw replacedError(this.#url);
  }

  /** Before anything is confirmed. The caller holds the write lock. @throws StorageError LOG_REPLACED, LOG_LINKED */
  assertOwnLocked(): void {
    const [database, ...others] = this.#files;
    const now = database === undefined ? undefined : namedNow(database);
    if (now === undefined) throw replacedError(this.#url);
    const gone = others.find((file) => namedNow(file) === undefined);
    if (gone !== undefined) throw replacedError(`${this.#url}: its file ${gone[0]}`);
    if (now.nlink > 1) throw manyNames(this.#url, this.#database, now.nlink);
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

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
