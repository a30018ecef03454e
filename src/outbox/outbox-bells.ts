import { Bells } from "../log/bells.js";
import type { EventLog } from "../log/event-log.js";

/** Who listens to a log with an outbox: its own appends ring, and those that the server tells of while somebody listens. */
export class OutboxBells {
  readonly #server: () => EventLog | undefined;
  readonly #bells: Bells;
  #serverBell: (() => void) | undefined;
  #isHeard = false;

  /** @param server undefined as long as it was not opened */
  constructor(server: () => EventLog | undefined) {
    this.#server = server;
    this.#bells = new Bells(
      () => this.#listen(),
      () => this.#unlisten(),
    );
  }

  /** @returns takes it away again */
  add(ring: () => void): () => void {
    return this.#bells.add(ring);
  }

  ring(): void {
    this.#bells.ring();
  }

  /** The server is back, or there for the first time; others may have appended. */
  serverChanged(): void {
    if (this.#isHeard) this.#listen();
    this.#bells.ring();
  }

  close(): void {
    this.#bells.close();
  }

  #listen(): void {
    this.#isHeard = true;
    this.#serverBell ??= this.#server()?.onAppended(() => this.#bells.ring());
  }

  #unlisten(): void {
    this.#isHeard = false;
    this.#serverBell?.();
    this.#serverBell = undefined;
  }
}
