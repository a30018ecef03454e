import type { SealedEvent } from "../../log/event.js";

/** More are forgotten, the oldest first. */
const MAX_WAKE_UPS = 240;

/** What came at once to somebody who follows a log. */
export interface WakeUp {
  /** Of the last event that came. */
  readonly offset: number;
  readonly events: number;
  /** When it was seen; ISO 8601 UTC, by the clock of this machine. */
  readonly at: string;
  /** Since the first of them was recorded, by the clock of whoever wrote it; 0 where that clock is ahead. */
  readonly lateMs: number;
}

/** The last wake-ups of a follower: how late what is appended is seen here. */
export class WakeUps {
  #last: WakeUp[] = [];

  /** Oldest first, at most 240. */
  get last(): readonly WakeUp[] {
    return this.#last;
  }

  /** @param page not empty */
  note(page: readonly SealedEvent[], nowMs = Date.now()): void {
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined) return;
    const lateMs = Math.max(0, nowMs - Date.parse(first.recordedAt));
    const wakeUp = { offset: last.offset, events: page.length, at: new Date(nowMs).toISOString(), lateMs };
    this.#last = [...this.#last, wakeUp].slice(-MAX_WAKE_UPS);
  }
}
