import { Bells } from "../../../bells.js";

/** Something that rings early; the timer finds what it misses. */
export interface EarlyBell {
  start(): void;
  stop(): void;
}

export interface DoorbellSources {
  /** Hash of the tail as the server has it now. */
  tailHash(): Promise<string>;
  pollMs: number;
  /** Makes what listens for NOTIFY; undefined where only the timer looks. */
  early: ((ring: () => void) => EarlyBell) | undefined;
}

/**
 * Rings for appends of this process at once, for those of others when NOTIFY says so or, at the latest, when the timer
 * finds another tail. A notification is a hint that may get lost (poolers lose all of them); the timer alone suffices.
 * The server is asked only while somebody listens.
 */
export class PostgresDoorbell {
  readonly #sources: DoorbellSources;
  readonly #early: EarlyBell | undefined;
  readonly #bells = new Bells(
    () => this.#listen(),
    () => this.#sleep(),
  );
  #timer: NodeJS.Timeout | undefined;
  #seen: string | undefined;

  constructor(sources: DoorbellSources) {
    this.#sources = sources;
    this.#early = sources.early?.(() => this.ring());
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
    this.#seen = undefined;
    this.#early?.start();
    this.#poll();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#early?.stop();
  }

  /** The next look begins when this one has ended: on a slow server they must not pile up. */
  #poll(): void {
    const turn = setTimeout(() => this.#look(turn), this.#seen === undefined ? 0 : this.#sources.pollMs).unref();
    this.#timer = turn;
  }

  async #look(turn: NodeJS.Timeout): Promise<void> {
    let hash = "";
    try {
      hash = await this.#sources.tailHash();
    } catch {
      // Rings: whoever listens then reads, and meets the error where it can be told to somebody.
    }
    if (this.#timer !== turn) return; // nobody listens any more, or somebody else by now
    // The first look rings, too: something may have been appended since the listener has read last.
    if (hash !== this.#seen) this.ring();
    this.#seen = hash;
    this.#poll();
  }
}
