import { ClosedError } from "../errors.js";
import type { AppendResult } from "./event-log.js";
import type { PreparedEvent } from "./prepare.js";
import type { SealOutcome } from "./seal.js";
import { TurnLimit } from "./turn-limit.js";

/** Appends and characters taken together into one write. */
export const MAX_GROUP_APPENDS = 512;
export const MAX_GROUP_EVENTS = 20_000;

type Outcomes = readonly SealOutcome[];
/** Gives the outcomes at once where it can: every promise in between costs an append of one some microseconds. */
export type Flush = (group: readonly (readonly PreparedEvent[])[]) => Outcomes | Promise<Outcomes>;

interface Waiting {
  readonly events: readonly PreparedEvent[];
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

/**
 * Coalesces the appends of one process: while one group is being written, new appends wait and then form the next
 * group, so that all of them share one lock, one fsync or one round trip. Order of calls is order in the log.
 *
 * `flush` writes a whole group, durably, and returns one outcome per append; when it throws, every append of the group
 * fails with that error.
 */
export class GroupCommit {
  readonly #flush: Flush;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  /** A flush may be done at once, and so may a loop of appends. */
  readonly #turn = new TurnLimit();

  constructor(flush: Flush) {
    this.#flush = flush;
  }

  submit(events: readonly PreparedEvent[]): Promise<AppendResult> {
    if (this.#closed) return Promise.reject(new ClosedError("append"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Refuses new appends and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn later, so that all appends called in the same tick share the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#turn.isOver) await this.#turn.next();
      const group = this.#takeGroup();
      try {
        const flushed = this.#flush(group.map(({ events }) => events));
        // Not awaited where it need not be: every promise on the way of an append of one costs it a microsecond.
        settleAll(group, flushed instanceof Promise ? await flushed : flushed);
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
    }
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    if (this.#waiting.length === 1) return this.#waiting.splice(0);
    let events = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      events += waiting.events.length;
      if (count > 0 && (count === MAX_GROUP_APPENDS || events > MAX_GROUP_EVENTS)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}

function settleAll(group: readonly Waiting[], outcomes: Outcomes): void {
  group.forEach((waiting, index) => {
    settle(waiting, outcomes[index] as SealOutcome);
  });
}

function settle(waiting: Waiting, outcome: SealOutcome): void {
  if (outcome.kind === "refused") {
    waiting.reject(outcome.error);
    return;
  }
  const { events } = outcome;
  const first = events[0]?.offset ?? 0;
  const last = events.at(-1)?.offset ?? 0;
  waiting.resolve({
    events,
    firstOffset: first,
    lastOffset: last,
    repeated: outcome.kind === "repeated",
  });
}
