import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Rings when the log file may have grown: at once for this process's appends, by fs.watch for others', and by a timer
 * that compares the size, because watching is not reliable on every file system. Keeps no process alive.
 */
export class FileDoorbell {
  readonly #path: string;
  readonly #pollMs: number;
  readonly #size: () => number;
  readonly #rings = new Set<{ readonly ring: () => void }>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastSize = 0;

  constructor(path: string, pollMs: number, size: () => number) {
    this.#path = path;
    this.#pollMs = pollMs;
    this.#size = size;
  }

  add(ring: () => void): () => void {
    const own = { ring }; // so that one function may be added twice
    if (this.#rings.size === 0) this.#start();
    this.#rings.add(own);
    return () => {
      this.#rings.delete(own);
      if (this.#rings.size === 0) this.close();
    };
  }

  /** Each bell rings in a microtask of its own: what it throws is not an error of the append. */
  ring(): void {
    for (const own of this.#rings) {
      queueMicrotask(() => {
        if (this.#rings.has(own)) own.ring();
      });
    }
  }

  close(): void {
    this.#rings.clear();
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#lastSize = this.#sizeNow();
    this.#timer = setInterval(() => this.#poll(), this.#pollMs).unref();
    try {
      // The folder, because the file may not be there yet.
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(this.#path)) this.ring();
      });
      this.#watcher.on("error", () => this.#watcher?.close()); // the timer goes on
    } catch {
      this.#watcher = undefined; // the timer is enough
    }
  }

  #poll(): void {
    const size = this.#sizeNow();
    if (size === this.#lastSize) return;
    this.#lastSize = size;
    this.ring();
  }

  /** NaN, which is never equal, where the file cannot be looked at: then it rings, and the reader meets the error. */
  #sizeNow(): number {
    try {
      return this.#size();
    } catch {
      return Number.NaN;
    }
  }
}
