import { setImmediate as nextTurn } from "node:timers/promises";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import type { EventColumns } from "./event-columns.js";

/**
 * Reads the events of a log once for what its columns do not hold, which is all that stands in their data; from then on
 * only what came since.
 */
export class DataReading {
  /** What is read for: a log that was cut back has other columns, and wants another reading. */
  readonly columns: EventColumns;
  readonly #log: EventLog;
  readonly #take: (page: readonly SealedEvent[]) => void;
  #known = 0;
  #isClosed = false;
  #running: Promise<void> | undefined;

  /** @param take gets every event once, in order */
  constructor(log: EventLog, columns: EventColumns, take: (page: readonly SealedEvent[]) => void) {
    [this.#log, this.columns, this.#take] = [log, columns, take];
  }

  /** The last offset that was read. */
  get known(): number {
    return this.#known;
  }

  /** Begins, or goes on. Settles when it is as far as the columns are, or closed. */
  ready(): Promise<void> {
    this.#running ??= this.#readUp().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Settles when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running?.catch(() => undefined); // whoever asked for it has the error
  }

  async #readUp(): Promise<void> {
    // More may come while it reads: at the end it has what the columns have.
    while (this.#known < this.columns.count && !this.#isClosed) await this.#readTo(this.columns.count);
  }

  async #readTo(to: number): Promise<void> {
    const from = this.#known;
    for await (const page of this.#log.readAll({ from: from + 1, to })) {
      if (this.#isClosed) return;
      this.#take(page);
      this.#known = page.at(-1)?.offset ?? this.#known;
      await nextTurn(); // others want a turn, too
    }
    // The log was cut back; new columns are on their way.
    if (this.#known === from) this.#known = to;
  }
}
