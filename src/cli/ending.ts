import { EXIT } from "./exit-code.js";
import { whenStdoutFails } from "./output/failing-stdout.js";

/** How a command that does not end by itself was ended. */
export interface Ending {
  readonly exitCode: number;
  readonly why: string;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Turns Ctrl-C, SIGTERM and a reader that goes away into one signal, so that the command can close what it holds and say
 * where it stopped. The first ending counts. A second Ctrl-C ends the process at once, as without this.
 */
export class Endings {
  readonly #stop = new AbortController();
  readonly #handlers = Object.entries(SIGNALS).map(
    ([name, exitCode]) => [name as keyof typeof SIGNALS, () => this.end({ exitCode, why: name })] as const,
  );
  #ending: Ending | undefined;

  constructor() {
    for (const [name, handler] of this.#handlers) process.once(name, handler);
    whenStdoutFails((error) => {
      const why = error.code === "EPIPE" ? "nobody reads" : `error OUTPUT_FAILED: ${error.message}`;
      this.end({ exitCode: error.code === "EPIPE" ? EXIT.done : EXIT.failed, why });
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** undefined until it was ended. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#stop.abort();
  }

  /** Gives the signals back. */
  release(): void {
    for (const [name, handler] of this.#handlers) process.removeListener(name, handler);
  }
}
