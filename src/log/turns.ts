/**
 * Acts of this process under one name, one after the other in the order of their calls; under other names meanwhile. Of
 * many who decide on the state of one stream at once, each round of appends lets one through and sends all others back to
 * read again: a hundred would give up, and those that do not would take the square of the time.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** What `act` gives, or rejects with. It must not wait for another turn under the same name. */
  take<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = this.#last.get(name)?.then(act, act) ?? act();
    const leave = () => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    };
    this.#last.set(name, turn);
    turn.then(leave, leave);
    return turn;
  }
}
