import type Database from "better-sqlite3";
import type { OwnFiles } from "../file/own-files.js";
import { CommitFailure, sqliteCode } from "../sqlite-errors.js";

/**
 * `BEGIN IMMEDIATE` … `COMMIT` around a synchronous act: the log's write lock. Never a deferred BEGIN: turning its read
 * into a write fails at once when somebody else has written, whatever the busy timeout.
 */
export class WriteTransaction {
  readonly #db: Database.Database;
  readonly #files: OwnFiles;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;

  constructor(db: Database.Database, files: OwnFiles) {
    this.#db = db;
    this.#files = files;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** @throws what `act` throws, SQLite's errors, those of OwnFiles, or CommitFailure where the outcome is not known; all is undone then */
  run<T>(act: () => T): T {
    this.#begin.run();
    try {
      const result = act();
      this.#files.assertOwnLocked();
      this.#commitLocked();
      return result;
    } catch (error) {
      // A full disk has rolled back already; ROLLBACK would then fail and hide why.
      if (this.#db.inTransaction) this.#rollback.run();
      throw error;
    }
  }

  #commitLocked(): void {
    try {
      this.#commit.run();
    } catch (error) {
      throw sqliteCode(error)?.startsWith("SQLITE_IOERR") ? new CommitFailure(error) : error;
    }
  }
}
