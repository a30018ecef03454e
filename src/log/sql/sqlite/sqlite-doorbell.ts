import type Database from "better-sqlite3";

/**
 * Rings for appends of this process at once, and for those of others when SQLite's data_version says that another
 * connection has committed something (it may have been the sidecar: a bell may ring for nothing). Asking costs a few
 * microseconds and happens only while somebody listens.
 */
export class SqliteDoorbell {
  readonly #dataVersion: Database.Statement;
  readonly #pollMs: number;
  readonly #rings = new Set<{ readonly ring: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  constructor(db: Database.Database, pollMs: number) {
    this.#dataVersion = db.prepare("PRAGMA data_version").pluck();
    this.#pollMs = pollMs;
  }

  add(ring: () => void): () => void {
    const entry = { ring }; // an object of its own, so that the same function can be added twice
    this.#rings.add(entry);
    if (this.#timer === undefined) this.#listen();
    return () => {
      this.#rings.delete(entry);
      if (this.#rings.size === 0) this.#sleep();
    };
  }

  /** Each bell rings in a microtask of its own: what it throws is not an error of the append. */
  ring(): void {
    for (const entry of this.#rings) {
      queueMicrotask(() => {
        if (this.#rings.has(entry)) entry.ring();
      });
    }
  }

  close(): void {
    this.#rings.clear();
    this.#sleep();
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

  /** NaN, which is never equal, where the file cannot be read now: then it rings, and the reader meets the error. */
  #version(): number {
    try {
      return this.#dataVersion.get() as number;
    } catch {
      return Number.NaN;
    }
  }
}
