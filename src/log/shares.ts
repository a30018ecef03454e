/** Bounds are inclusive. */
export interface Share {
  readonly from: number;
  readonly to: number;
}

/** What another thread needs to take shares of the same range. */
export interface SharesMessage {
  readonly range: Share;
  readonly count: number;
  /** How many are taken. */
  readonly taken: SharedArrayBuffer;
}

/**
 * A range of offsets in shares that two threads take until none is left: one from the beginning on, the other from the end
 * back. Whoever is faster takes more, and both come to their ends at about the same time.
 */
export class Shares {
  readonly message: SharesMessage;
  readonly #taken: Int32Array;
  /** Taken here, from either end. */
  #own = 0;

  constructor(message: SharesMessage) {
    this.message = message;
    this.#taken = new Int32Array(message.taken);
  }

  static of(range: Share, count: number): Shares {
    return new Shares({ range, count, taken: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) });
  }

  /** @returns undefined where none is left */
  first(): Share | undefined {
    return this.#take() ? this.#share(this.#own++) : undefined;
  }

  /** @returns undefined where none is left */
  last(): Share | undefined {
    return this.#take() ? this.#share(this.message.count - 1 - this.#own++) : undefined;
  }

  /** As many as there are may be taken, whoever takes them: so the two ends never cross. */
  #take(): boolean {
    return Atomics.add(this.#taken, 0, 1) < this.message.count;
  }

  #share(index: number): Share {
    const { range, count } = this.message;
    const end = (shares: number) => range.from - 1 + Math.floor(((range.to - range.from + 1) * shares) / count);
    return { from: end(index) + 1, to: end(index + 1) };
  }
}
