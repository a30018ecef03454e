import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";

export interface FollowOptions {
  /** The last offset that the caller has; events after it come. Default 0. */
  readonly after?: number;
  /** Ends the iteration, between two pages. */
  readonly signal?: AbortSignal;
  /** The log is asked at least this often, in case a ring was lost. Default 1000. */
  readonly pollMs?: number;
}

/**
 * Catches up, then follows: every event after `after` once and in order, as pages, until the signal ends it. It stops
 * at no offset, so it never ends by itself. Rings of the log only shorten the wait: without them the result is the same.
 */
export async function* follow(
  log: EventLog,
  options: FollowOptions = {},
): AsyncGenerator<readonly SealedEvent[], void, undefined> {
  const { signal, pollMs = 1000 } = options;
  let after = options.after ?? 0;
  const bell = new Bell();
  const stop = log.onAppended(() => bell.ring());
  const abort = () => bell.ring();
  signal?.addEventListener("abort", abort);
  try {
    while (!isAborted(signal)) {
      // Armed before the read, so that a ring during the read is not lost.
      bell.arm();
      for await (const page of log.readAll({ from: after + 1 })) {
        if (isAborted(signal)) return;
        yield page;
        after = page.at(-1)?.offset ?? after;
      }
      await bell.heard(pollMs);
    }
  } finally {
    stop();
    signal?.removeEventListener("abort", abort);
  }
}

/** A function, because the compiler does not know that a signal changes between two looks. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Remembers that it rang since it was armed. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  arm(): void {
    this.#rung = false;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  heard(limitMs: number): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => {
      this.#wake = undefined;
    });
  }
}
