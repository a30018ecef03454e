import { StorageError, UnavailableError } from "../errors.js";

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** What git has started may hold its output open when git was ended: then it is not waited for any longer. */
const GRACE_MS = 5_000;

/** Ends one process of git: after its time, when it prints too much, or when the caller's signal says so. */
export class ProcessLimits {
  /** Rejects some seconds after git was ended, where it has not gone by then. */
  readonly overdue: Promise<never>;
  readonly #stop = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #limitMs: number;
  readonly #timer: NodeJS.Timeout;
  #grace: NodeJS.Timeout | undefined;
  #bytes = 0;

  /** @throws the reason of a signal that was given before */
  constructor(limitMs: number, caller: AbortSignal | undefined) {
    caller?.throwIfAborted();
    this.#limitMs = limitMs;
    this.#caller = caller;
    caller?.addEventListener("abort", this.#end);
    this.#timer = setTimeout(this.#end, limitMs);
    this.overdue = new Promise((_resolve, reject) => {
      this.signal.addEventListener("abort", () => {
        this.#grace = setTimeout(() => reject(new Error("git was ended, and did not go")), GRACE_MS);
      });
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Counts what is printed. */
  readonly took = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_OUTPUT_BYTES) this.#end();
  };

  /** @throws why git was ended, if it was: UnavailableError GIT_TIMEOUT, StorageError GIT_OUTPUT_TOO_LARGE, the caller's reason */
  throwIfEnded(command: string): void {
    this.#caller?.throwIfAborted();
    if (this.#bytes > MAX_OUTPUT_BYTES) {
      throw new StorageError("GIT_OUTPUT_TOO_LARGE", `git ${command} printed more than ${MAX_OUTPUT_BYTES} bytes`, {
        hint: "look at the repository: it has far more to tell than expected",
      });
    }
    if (!this.signal.aborted) return;
    throw new UnavailableError(
      "GIT_TIMEOUT",
      `git ${command} took longer than ${this.#limitMs / 1000} s and was ended`,
      {
        hint: "check that the repository's server answers, and try again",
      },
    );
  }

  /** Without it the timers keep the program from ending. */
  clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    this.#caller?.removeEventListener("abort", this.#end);
  }

  readonly #end = (): void => this.#stop.abort();
}
