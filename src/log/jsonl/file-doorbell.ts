import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { Bells } from "../bells.js";

/**
 * Rings when the log file may have grown: at once for this process's appends, by fs.watch for others', and by a timer
 * that compares the size, because watching is not reliable on every file system. Keeps no process alive.
 */
export class FileDoorbell {
  readonly #path: string;
  readonly #pollMs: number;
  readonly #size: () => number;
  readonly #bells = new Bells(
    () => this.#start(),
    () => this.#stop(),
  );
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastSize = 0;

  constructor(path: string, pollMs: number, size: () => number) {
    this.#path = path;
    this.#pollMs = pollMs;
    this.#size = size;
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

  #stop(): void {
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
