/** Who listens to a log. Tells its owner when there is anybody to listen for, and when there is nobody any more. */
export class Bells {
  readonly #entries = new Set<{ readonly ring: () => void }>();
  readonly #start: () => void;
  readonly #stop: () => void;

  constructor(start: () => void = () => undefined, stop: () => void = () => undefined) {
    this.#start = start;
    this.#stop = stop;
  }

  /** @returns takes it away again. @throws TypeError here, where the mistake is, and not when the bell should ring */
  add(ring: () => void): () => void {
    if (typeof ring !== "function") throw new TypeError("what rings is a function");
    const entry = { ring }; // an object of its own, so that the same function can be added twice
    this.#entries.add(entry);
    if (this.#entries.size === 1) this.#start();
    return () => {
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.#stop();
    };
  }

  /** Each bell rings in a microtask of its own: what it throws is not an error of the append. */
  ring(): void {
    for (const entry of this.#entries) {
      queueMicrotask(() => {
        if (this.#entries.has(entry)) entry.ring();
      });
    }
  }

  close(): void {
    this.#entries.clear();
    this.#stop();
  }
}
