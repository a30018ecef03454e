import { setTimeout as delay } from "node:timers/promises";
import type { Connections } from "../connection/connections.js";
import { statement } from "../connection/statement.js";

const NOTIFY = statement("SELECT pg_notify($1, $2::text)");

/** Between two announcements. The first one goes at once; who appends without pause is heard a hundred times a second. */
const INTERVAL_MS = 10;
/** Who leaves it to others waits so long for a pause of his own, and says something all the same after the longer time. */
const PAUSE_MS = 20;
const MAX_SILENCE_MS = 100;
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
  /** Since when something waits to be told, and when it is told: times of the process's own clock. */
  #sinceMs = 0;
  #dueMs = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isClosing = false;

  constructor(connections: Connections, channel: string) {
    this.#connections = connections;
    this.#channel = channel;
  }

  /**
   * Says that the log goes to this offset. Returns at once; of several that wait, the last one is told. What others are
   * about to tell waits until there is a pause.
   */
  announce(offset: number, byOthers = false): void {
    const nowMs = performance.now();
    if (this.#next === undefined) [this.#sinceMs, this.#dueMs] = [nowMs, Number.POSITIVE_INFINITY];
    this.#next = offset;
    if (!byOthers) this.#dueMs = Math.min(this.#dueMs, nowMs);
    else if (this.#dueMs > nowMs) this.#dueMs = Math.min(nowMs + PAUSE_MS, this.#sinceMs + MAX_SILENCE_MS);
    if (this.#running === undefined) this.#running = this.#run();
    else if (!byOthers) this.#wake?.();
  }

  /** Resolves when what waits was told, or soon after where the server does not answer. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake?.();
    await Promise.race([this.#running, delay(FAREWELL_MS, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined) {
      await this.#untilDue();
      const offset = this.#next;
      this.#next = undefined;
      await this.#send(offset).catch(() => undefined); // the timers find it
      this.#toldMs = performance.now();
    }
    this.#running = undefined;
  }

  /** What is announced meanwhile may come due earlier or later. */
  async #untilDue(): Promise<void> {
    while (!this.#isClosing) {
      const waitMs = Math.max(this.#dueMs, this.#toldMs + INTERVAL_MS) - performance.now();
      if (waitMs <= 0) return;
      await this.#pause(waitMs);
    }
  }

  #send(offset: number): Promise<unknown> {
    return this.#connections.reading((session) => session.rows(NOTIFY, [this.#channel, offset]));
  }

  /** Keeps no process alive: whoever ends without closing has told what it wrote first, and the timers find the rest. */
  #pause(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
