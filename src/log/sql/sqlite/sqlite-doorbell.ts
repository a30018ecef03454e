import type Database from "better-sqlite3";
import { Bells } from "../../bells.js";
import type { OwnFiles } from "./file/own-files.js";

/**
 * Rings for appends of this process at once, and for those of others when SQLite's data_version says that another
 * connection has committed something (it may have been the sidecar: a bell may ring for nothing). Asking costs a few
 * microseconds and happens only while somebody listens.
 */
export class SqliteDoorbell {
  readonly #dataVersion: Database.Statement;
  readonly #files: OwnFiles;
  readonly #pollMs: number;
  readonly #bells = new Bells(
    () => this.#listen(),
    () => this.#sleep(),
  );
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  constructor(db: Database.Database, files: OwnFiles, pollMs: number) {
    this.#dataVersion = db.prepare("PRAGMA data_version").pluck();
    this.#files = files;
    this.#pollMs = pollMs;
  }

  add(ring: () => void): () => void {
    return this.#bells.add(ring);
  }

  ring(): void {
    this.#bells.ring();
  }

  close(): void {
    this.#bells.close();
  }

  #listen(): void {
    this.#seen = this.#version();
    this.#timer = setInterval(() => this.#poll(), this.#pollMs).unref();
  }

  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.ring();
  }

  /** NaN, which is never equal, where the file cannot be read now, or is another one: then it rings, and the reader meets the error. */
  #version(): number {
    try {
      return this.#files.areNamed() ? (this.#dataVersion.get() as number) : Number.NaN;
    } catch {
      return Number.NaN;
    }
  }
}
