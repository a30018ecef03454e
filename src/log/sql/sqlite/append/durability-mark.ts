import type Database from "better-sqlite3";

/**
 * Whether everything that this connection can read is on the disk. A process that is killed between the write and the sync
 * of its commit leaves a transaction that SQLite finds, when the file is next opened, and shows to everybody, without ever
 * syncing it: a loss of power takes it away. The next commit syncs the whole -wal file, and that commit may have to be
 * made for nothing else.
 */
export class DurabilityMark {
  readonly #db: Database.Database;
  #reached = false;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** A commit of this connection has written something. While it is open nobody is left to find such a transaction again. */
  reached(): void {
    this.#reached = true;
  }

  /** Makes the transaction of the caller one that writes: a number in the header of the file, with the value that it has. */
  ensureLocked(): void {
    if (this.#reached) return;
    const version = this.#db.pragma("user_version", { simple: true }) as number;
    this.#db.pragma(`user_version = ${version}`);
  }
}
