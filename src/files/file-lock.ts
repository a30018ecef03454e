import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { UnavailableError, UsageError } from "../errors.js";

/** Longest pause between two attempts. Pauses are random and do not grow, so that nobody starves. */
const MAX_PAUSE_MS = 6;

type NativeLocks = typeof import("fs-native-extensions");

/**
 * The writers' lock: an open-file-description lock of the operating system on a file of its own. The kernel gives it up
 * when its holder dies, however it dies, and nobody can take it from a holder that was merely stopped for a while.
 *
 * Never the log itself: on Windows such a lock keeps readers out. Two of these exclude each other also inside a process.
 */
export class FileLock {
  readonly #path: string;
  readonly #limitMs: number;
  #native: NativeLocks | undefined;
  #fd: number | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string, limitMs: number) {
    this.#path = path;
    this.#limitMs = limitMs;
  }

  /**
   * Runs `act` while holding the lock. Calls through this object wait for each other; other holders are waited for.
   *
   * @throws UnavailableError LOG_LOCKED when somebody else held it for the whole limit
   */
  hold<T>(act: () => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      this.#native ??= await loadNativeLocks();
      const native = this.#native;
      const fd = await this.#acquire(native);
      try {
        return await act();
      } finally {
        native.unlock(fd);
      }
    });
  }

  /** As hold, but gives up at once where somebody else holds the lock: then the result is undefined. */
  holdIfFree<T>(act: () => Promise<T>): Promise<T | undefined> {
    return this.#enqueue(async () => {
      this.#native ??= await loadNativeLocks();
      const native = this.#native;
      const fd = this.#tryLock(native);
      if (fd === undefined) return undefined;
      try {
        return await act();
      } finally {
        native.unlock(fd);
      }
    });
  }

  /** Waits for the acts under way. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      this.#closeFile();
    });
  }

  #enqueue<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(act);
    this.#queue = result.catch(() => undefined); // only the caller is told
    return result;
  }

  async #acquire(native: NativeLocks): Promise<number> {
    const end = performance.now() + this.#limitMs;
    for (;;) {
      const fd = this.#tryLock(native);
      if (fd !== undefined) return fd;
      if (performance.now() >= end) throw this.#locked();
      await pause(Math.random() * MAX_PAUSE_MS);
    }
  }

  /** @returns the locked descriptor, or undefined where somebody else holds the lock */
  #tryLock(native: NativeLocks): number | undefined {
    for (;;) {
      const fd = this.#fd ?? openSync(this.#path, "a+", 0o600);
      this.#fd = fd;
      if (!native.tryLock(fd)) return undefined;
      if (this.#isNamed(fd)) return fd;
      this.#closeFile(); // which gives up this lock too
    }
  }

  /** Whether the locked file still has its name. Where somebody has removed it, others would lock a new one beside us. */
  #isNamed(fd: number): boolean {
    const named = statSync(this.#path, { throwIfNoEntry: false });
    const locked = fstatSync(fd);
    return named !== undefined && named.ino === locked.ino && named.dev === locked.dev;
  }

  #closeFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #locked(): UnavailableError {
    return new UnavailableError("LOG_LOCKED", `another process held ${this.#path} for ${this.#limitMs} ms`, {
      hint: "try again; to see who holds it: fuser -v the lock file",
    });
  }
}

async function loadNativeLocks(): Promise<NativeLocks> {
  try {
    const { default: native } = (await import("fs-native-extensions")) as unknown as { default: NativeLocks };
    return native;
  } catch (cause) {
    throw new UsageError("LOCK_UNSUPPORTED", "file locks are not available on this platform (no native build)", {
      hint: "use the SQLite backend instead: sqlite:PATH",
      cause,
    });
  }
}
