import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { SessionDbError } from "../../errors.js";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { isRedaction } from "../../log/redaction.js";
import { follow } from "../../replay/follow.js";
import { EventColumns } from "./event-columns.js";
import { type LogTrouble, troubleOf } from "./log-trouble.js";
import { type WakeUp, WakeUps } from "./wake-ups.js";

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;

/**
 * The columns of a log, kept up to its tail for as long as somebody looks at it. Where the log cannot be read it keeps
 * what it has, says why, and tries again until it is closed. A log that was cut back, or in which something was erased, is
 * read anew.
 */
export class LogIndex {
  readonly #log: EventLog;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;
  readonly #wakeUps = new WakeUps();
  #columns = new EventColumns();
  #generation = 1;
  #isCaughtUp = false;
  #trouble: LogTrouble | undefined;

  /** Begins to read at once. The log stays its owner's: close this first. */
  constructor(log: EventLog) {
    this.#log = log;
    this.#running = this.#run();
  }

  get columns(): EventColumns {
    return this.#columns;
  }

  /** Rises when the log was cut back, or data was erased: what was read before may no longer be so. */
  get generation(): number {
    return this.#generation;
  }

  /** It has once had everything that the log had. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  get trouble(): LogTrouble | undefined {
    return this.#trouble;
  }

  /** The last times that something came after it had caught up, oldest first, at most 240. */
  get wakeUps(): readonly WakeUp[] {
    return this.#wakeUps.last;
  }

  /** Called after every change of what this tells: events, generation, trouble. @returns stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settles when the events up to `offset` are in, or after `limitMs`. @returns whether they are */
  has(offset: number, limitMs: number): Promise<boolean> {
    return this.#until(() => this.#columns.count >= offset, limitMs);
  }

  /** Settles when it has once had everything that the log had, when it cannot be read, or after `limitMs`. */
  async settled(limitMs: number): Promise<void> {
    await this.#until(() => this.#isCaughtUp || this.#trouble !== undefined, limitMs);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    if (isSo()) return true;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      const stop = this.onChange(() => {
        if (isSo()) done();
      });
    });
    return isSo();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      try {
        await this.#readUp();
        waitMs = FIRST_WAIT_MS;
        await this.#followOn();
      } catch (error) {
        if (isOtherHistory(error)) this.#startAnew();
        else {
          this.#fail(error);
          await delay(waitMs, undefined, { signal }).catch(() => undefined); // closed: seen by the loop
          waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
        }
      }
    }
  }

  /** Without hashing, which would take several times as long; a follower then sees that the chain goes on. */
  async #readUp(): Promise<void> {
    const { signal } = this.#stop;
    const { offset } = await this.#log.tail();
    if (offset <= this.#columns.count) return;
    for await (const page of this.#log.readAll({ from: this.#columns.count + 1, to: offset })) {
      if (signal.aborted) return;
      this.#take(page);
      await nextTurn(); // a backend may read without waiting for anything: others want a turn, too
    }
  }

  async #followOn(): Promise<void> {
    const { count: after, lastHash } = this.#columns;
    const onCaughtUp = () => {
      if (this.#isCaughtUp && this.#trouble === undefined) return;
      [this.#isCaughtUp, this.#trouble] = [true, undefined];
      this.#tell();
    };
    const hash = after === 0 ? {} : { afterHash: lastHash };
    const { signal } = this.#stop;
    const onMoved = () => undefined; // whoever shows the log asks it, and what it has is right
    for await (const page of follow(this.#log, { after, ...hash, signal, onCaughtUp, onMoved })) {
      // What others keep of the data of events goes with the columns: some of it may have been erased just now.
      if (page.some(isRedaction)) return this.#startAnew();
      this.#take(page);
      await nextTurn();
    }
  }

  #take(page: readonly SealedEvent[]): void {
    if (this.#isCaughtUp) this.#wakeUps.note(page);
    for (const event of page) this.#columns.add(event);
    this.#trouble = undefined;
    this.#tell();
  }

  #startAnew(): void {
    this.#columns = new EventColumns();
    this.#generation++;
    this.#isCaughtUp = false;
    this.#tell();
  }

  #fail(error: unknown): void {
    this.#trouble = { ...troubleOf(error), since: this.#trouble?.since ?? new Date().toISOString() };
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function isOtherHistory(error: unknown): boolean {
  return error instanceof SessionDbError && ["LOG_CUT_BACK", "POINT_OUTSIDE"].includes(error.code);
}
