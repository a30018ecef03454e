import { setTimeout as delay } from "node:timers/promises";
import type { Connections } from "./connections.js";
import { statement } from "./statement.js";

const NOTIFY = statement("SELECT pg_notify($1, $2::text)");

/** Between two announcements. The first one goes at once; who appends without pause is heard a hundred times a second. */
const INTERVAL_MS = 10;
/** How long closing waits for an announcement. */
const FAREWELL_MS = 1_000;

/**
 * Tells listeners that something was appended, after it was committed and in a statement of its own. In the transaction
 * of the append NOTIFY would make the commits of all logs of a server wait for each other, each for its flush: Postgres
 * takes one lock for them all. An announcement that fails is dropped: a timer finds what nobody was told of.
 */
export class Announcer {
  readonly #connections: Connections;
  readonly #channel: string;
  #next: number | undefined;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isClosing = false;

  constructor(connections: Connections, channel: string) {
    this.#connections = connections;
    this.#channel = channel;
  }

  /** Says that the log goes to this offset. Returns at once; of several that wait, the last one is told. */
  announce(offset: number): void {
    this.#next = offset;
    this.#running ??= this.#run();
  }

  /** Resolves when what waits was told, or soon after where the server does not answer. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake?.();
    await Promise.race([this.#running, delay(FAREWELL_MS, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined) {
      const offset = this.#next;
      this.#next = undefined;
      await this.#send(offset).catch(() => undefined); // the timers find it
      if (!this.#isClosing) await this.#pause();
    }
    this.#running = undefined;
  }

  #send(offset: number): Promise<unknown> {
    return this.#connections.reading((session) => session.rows(NOTIFY, [this.#channel, offset]));
  }

  /** Keeps no process alive: whoever ends without closing has told what it wrote first, and the timers find the rest. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, INTERVAL_MS).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
