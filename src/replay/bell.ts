/** Remembers that it rang since it was armed. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  arm(): void {
    this.#rung = false;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Settles when it has rung since it was armed, or after `limitMs`. */
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
