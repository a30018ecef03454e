import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { IntegrityError, MovedError, NotFoundError } from "../errors.js";
import { assertLimits } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import { chainBroken } from "../log/chain-check.js";
import { recomputeHash, type SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import type { Tail } from "../log/seal.js";
import { Bell } from "./bell.js";
import { hashAt } from "./hash-at.js";

/** The last event that a follower has had; offset 0 and 64 zeros where it has none. */
export interface Followed {
  readonly offset: number;
  readonly hash: string;
}

export interface FollowOptions {
  /** The last offset that the caller has; events after it come. Default 0. */
  readonly after?: number;
  /** The hash of the event at `after`: with it, a log that was cut back while nobody followed is noticed too. */
  readonly afterHash?: string;
  /** Ends the iteration, between two pages. */
  readonly signal?: AbortSignal;
  /** The log is asked at least this often, in case a ring was lost. Default 1000. */
  readonly pollMs?: number;
  /** Called before each wait: everything that the log has was handed out, up to `at`. */
  readonly onCaughtUp?: (at: Followed) => void;
  /**
   * Called where a cut-over has frozen the log, with the address where it goes on, and with null when it goes on here again.
   * With it the iteration waits for that; without it, it ends with MovedError.
   */
  readonly onMoved?: (movedTo: string | null) => void;
}

const FOLLOW_OPTIONS: KnownOptions<FollowOptions> = {
  after: true,
  afterHash: true,
  signal: true,
  pollMs: true,
  onCaughtUp: true,
  onMoved: true,
};

/**
 * Catches up, then follows: every event after `after` once and in order, as pages, until the signal ends it. It stops
 * at no offset, so it never ends by itself. Rings of the log only shorten the wait: without them the result is the same.
 * Each event is checked to continue the chain of the one before it, so a log that is cut back is noticed, also where it
 * has grown again meanwhile. What a log has that was moved elsewhere is handed out before that is told.
 *
 * @throws IntegrityError LOG_CUT_BACK the last event that was handed out is no longer in the log; CHAIN_BROKEN it is, and
 *   the next one does not fit it
 * @throws MovedError LOG_MOVED nothing more comes here: go on at its `movedTo` behind the same offset and hash
 * @throws NotFoundError POINT_OUTSIDE the log ends before `after`; TypeError where `after` is no offset or `pollMs` no number of milliseconds; and whatever a read throws
 */
export async function* follow(
  log: EventLog,
  options: FollowOptions = {},
): AsyncGenerator<readonly SealedEvent[], void, undefined> {
  assertLog(log);
  assertOptions("follow", options, FOLLOW_OPTIONS);
  const { signal, pollMs = 1000, onCaughtUp, onMoved } = options;
  assertLimits({ pollMs });
  const home = new Home(log, onMoved);
  const bell = new Bell();
  const stop = log.onAppended(() => bell.ring());
  const abort = () => bell.ring();
  signal?.addEventListener("abort", abort);
  try {
    let last = await startOf(log, options);
    while (!isAborted(signal)) {
      // Armed before the read, so that a ring during the read is not lost.
      bell.arm();
      const tail = await log.tail();
      for await (const page of pagesAfter(log, last, tail)) {
        if (isAborted(signal)) return;
        yield page;
        last = page.at(-1) ?? last;
      }
      // Less than the tail had: the log was cut back meanwhile, and the next look says how far.
      if (last.offset < tail.offset) continue;
      await home.look(last);
      if (isAborted(signal)) return;
      onCaughtUp?.({ offset: last.offset, hash: last.hash });
      await bell.heard(pollMs);
    }
  } finally {
    stop();
    signal?.removeEventListener("abort", abort);
  }
}

/** Whether the log goes on somewhere else, as it was told last. */
class Home {
  readonly #log: EventLog;
  readonly #onMoved: FollowOptions["onMoved"];
  #movedTo: string | null = null;
  #seen: string | undefined;

  constructor(log: EventLog, onMoved: FollowOptions["onMoved"]) {
    this.#log = log;
    this.#onMoved = onMoved;
  }

  /** Asks where nothing has come since the last look: a log that grows is not frozen. @throws MovedError */
  async look({ offset, hash }: Followed): Promise<void> {
    const grows = this.#seen !== undefined && this.#seen !== hash;
    this.#seen = hash;
    const movedTo = grows ? null : ((await this.#log.movedTo?.()) ?? null);
    if (movedTo === this.#movedTo) return;
    // What was appended between the last read and the freeze comes first.
    if (movedTo !== null && (await this.#log.tail()).hash !== hash) return;
    this.#movedTo = movedTo;
    if (this.#onMoved === undefined && movedTo !== null) throw nothingMore(this.#log.url, movedTo, offset);
    this.#onMoved?.(movedTo);
  }
}

function nothingMore(url: string, movedTo: string, offset: number): MovedError {
  return new MovedError(url, movedTo, {
    outcome: `nothing comes here behind offset ${offset}`,
    hint: `follow ${movedTo} behind offset ${offset}: it has the same events there`,
  });
}

async function startOf(log: EventLog, { after = 0, afterHash }: FollowOptions): Promise<Followed> {
  if (!Number.isSafeInteger(after) || after < 0) throw new TypeError(`after must be an offset, not ${String(after)}`);
  const hash = afterHash ?? (await hashAt(log, after));
  if (hash !== undefined) return { offset: after, hash: after === 0 ? GENESIS_HASH : hash };
  const { offset } = await log.tail();
  throw new NotFoundError("POINT_OUTSIDE", `${after} is outside the log, which has offsets 1 to ${offset}`, {
    hint: "if it was there before, the log was cut back, or this is another log",
  });
}

/** What stands between the last event and the tail; less of it where the tail was cut off meanwhile. */
async function* pagesAfter(log: EventLog, last: Followed, tail: Tail): AsyncGenerator<readonly SealedEvent[]> {
  if (tail.hash === last.hash) return;
  if (tail.offset <= last.offset) throw cutBack(last);
  let handedOut = last;
  try {
    for await (const page of log.readAll({ from: last.offset + 1, to: tail.offset })) {
      assertChain(handedOut.hash, page);
      yield page;
      handedOut = page.at(-1) ?? handedOut;
    }
  } catch (error) {
    // A read that falls into a cut fails in one way or another; what the caller must know is that it was one.
    if (await isGone(log, handedOut)) throw cutBack(handedOut, error);
    if (!(await isGone(log, tail))) throw error;
  }
}

function assertChain(hashBefore: string, page: readonly SealedEvent[]): void {
  let before = hashBefore;
  for (const event of page) {
    if (recomputeHash(before, event) !== event.hash) throw chainBroken(event.offset, "its hash is not what it must be");
    before = event.hash;
  }
}

/** @returns false also where the log cannot be asked: then the first error says more */
async function isGone(log: EventLog, { offset, hash }: Followed): Promise<boolean> {
  try {
    return (await hashAt(log, offset)) !== hash;
  } catch {
    return false;
  }
}

function cutBack({ offset }: Followed, cause?: unknown): IntegrityError {
  return new IntegrityError(
    "LOG_CUT_BACK",
    `the log was cut back: the event that was read at offset ${offset} is gone`,
    {
      offset,
      hint: "what was read may no longer be so: read again from an offset that you trust",
      cause,
    },
  );
}

/** A function, because the compiler does not know that a signal changes between two looks. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
