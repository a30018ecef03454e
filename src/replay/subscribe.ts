import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { type Followed, type FollowOptions, follow } from "./follow.js";

export interface SubscribeOptions extends FollowOptions {
  /** How long a log that cannot be reached, or is locked, is tried again, from its first failure on; Infinity: for ever. Default 60,000. */
  readonly retryMs?: number;
  /** Called for each failure that is tried again. */
  readonly onRetry?: (error: UnavailableError) => void;
}

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 2_000;

/**
 * Catches up, then follows: every event after `after` once and in order, one by one, until the signal ends it. Reads no
 * faster than the events are taken, at most a page ahead. To go on later, give `offset` and `hash` of the last event that
 * was dealt with as `after` and `afterHash`.
 *
 *     for await (const event of subscribe(log, { after, signal })) { … }
 *
 * A server that went away is tried again for a while, and nothing is missed or repeated by that.
 *
 * @throws UnavailableError it stayed away for `retryMs`; and what {@link follow} throws: a log that was cut back is
 *   LOG_CUT_BACK, one that was moved LOG_MOVED
 */
export async function* subscribe(
  log: EventLog,
  options: SubscribeOptions = {},
): AsyncGenerator<SealedEvent, void, undefined> {
  assertLog(log);
  const { retryMs = 60_000, onRetry, ...following } = options;
  const { signal } = following;
  if (!(retryMs >= 0)) throw new TypeError(`retryMs is a number of milliseconds from 0, not ${String(retryMs)}`);
  const patience = new Patience(retryMs);
  const had = (last: Followed) => ({ after: last.offset, afterHash: last.hash });
  let start: Pick<FollowOptions, "after" | "afterHash"> = {};
  const onCaughtUp = (at: Followed) => {
    patience.renew();
    start = had(at);
    following.onCaughtUp?.(at);
  };
  for (;;) {
    try {
      for await (const event of eventsOf(follow(log, { ...following, ...start, onCaughtUp }))) {
        patience.renew();
        yield event;
        start = had(event);
      }
      return;
    } catch (error) {
      const waitMs = error instanceof UnavailableError ? patience.nextWaitMs() : undefined;
      if (waitMs === undefined) throw error;
      onRetry?.(error as UnavailableError);
      await delay(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined); // told just below
      if (signal?.aborted === true) return;
    }
  }
}

/** How long to wait between attempts, longer each time, until all of them have taken too long. */
class Patience {
  readonly #limitMs: number;
  #failures = 0;
  #since = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  renew(): void {
    this.#failures = 0;
  }

  /** @returns undefined where it is at its end */
  nextWaitMs(): number | undefined {
    const now = performance.now();
    if (this.#failures === 0) this.#since = now;
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#failures++, MAX_WAIT_MS);
    return now - this.#since + waitMs > this.#limitMs ? undefined : waitMs;
  }
}
