import type { Tail } from "../seal.js";

const MAX_STREAMS = 10_000;

interface Ends {
  readonly stream: string;
  readonly version: number;
}

/**
 * Versions of streams, remembered from one append to the next. They are right as long as the log ends where it ended
 * when they were learnt: the tail's hash covers the whole history, so an equal tail means that nobody has appended or
 * cut since.
 */
export class StreamVersions {
  readonly #versions = new Map<string, number>();
  readonly #max: number;
  #tailHash = "";

  constructor(max = MAX_STREAMS) {
    this.#max = max;
  }

  /** Forgets everything unless the log still ends at the tail of the last {@link learn}. */
  at(tail: Tail): this {
    if (tail.hash !== this.#tailHash) {
      this.#versions.clear();
      this.#tailHash = tail.hash;
    }
    return this;
  }

  get(stream: string): number | undefined {
    return this.#versions.get(stream);
  }

  /** The stream that was set longest ago makes room. */
  set(stream: string, version: number): void {
    this.#versions.delete(stream);
    this.#versions.set(stream, version);
    if (this.#versions.size <= this.#max) return;
    for (const oldest of this.#versions.keys()) {
      this.#versions.delete(oldest);
      return;
    }
  }

  /** Takes over what was committed after the tail given to {@link at}. */
  learn(events: Iterable<Ends>, tail: Tail): void {
    let last: Ends | undefined;
    for (const event of events) {
      if (last !== undefined && last.stream !== event.stream) this.set(last.stream, last.version);
      last = event;
    }
    if (last !== undefined) this.set(last.stream, last.version);
    this.#tailHash = tail.hash;
  }

  forget(): void {
    this.#versions.clear();
    this.#tailHash = "";
  }
}
