import { closeSync, readSync } from "node:fs";
import { ClosedError } from "../errors.js";
import { openOrdinary } from "../files/open-ordinary.js";
import { KEY_BYTES } from "../log/key-store.js";

/** 4096 keys each: those of a million sessions, most of them. */
const MAX_OPEN = 128;
const ERASED = Buffer.alloc(KEY_BYTES);

/**
 * Files of keys that were read lately, kept open: a key is then one read of 32 bytes, at once and not by a thread (some
 * microseconds). Another process erases a key in its place, and removes only files whose keys are all erased, so a file
 * that is open shows that, too.
 */
export class OpenKeyFiles {
  readonly #fds = new Map<string, number>();
  #isClosed = false;

  /** @returns null where the key was erased, or never was */
  read(path: string, slot: number): Buffer | null {
    if (this.#isClosed) throw new ClosedError("keys.read");
    const fd = this.#fds.get(path) ?? this.#open(path);
    if (fd === undefined) return null;
    const key = Buffer.allocUnsafe(KEY_BYTES);
    const bytes = readSync(fd, key, 0, KEY_BYTES, slot * KEY_BYTES);
    return bytes < KEY_BYTES || key.equals(ERASED) ? null : key;
  }

  close(): void {
    this.#isClosed = true;
    for (const fd of this.#fds.values()) closeSync(fd);
    this.#fds.clear();
  }

  #open(path: string): number | undefined {
    let fd: number;
    try {
      fd = openOrdinary(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    for (const [oldest, oldestFd] of this.#fds) {
      if (this.#fds.size < MAX_OPEN) break;
      this.#fds.delete(oldest);
      closeSync(oldestFd);
    }
    this.#fds.set(path, fd);
    return fd;
  }
}
