import { ChainBreakError } from "../errors.js";
import { ChainCheck } from "./chain-check.js";
import type { SealedFields } from "./event.js";
import { EMPTY_TAIL, type Tail } from "./seal.js";

/**
 * Checks events that are to be appended as they are after `tail`.
 *
 * @throws ChainBreakError
 */
export function assertContinues(
  tail: Tail,
  events: readonly SealedFields[],
  versionBefore: (stream: string) => number,
): void {
  const run = new SealedRun();
  run.add(events);
  run.assertContinues(tail, versionBefore);
}

/**
 * Events that are to be appended as they are, checked as far as they speak for themselves: each continues the one before.
 * What is left to ask of the log is little, and may be asked later, under its lock.
 */
export class SealedRun {
  #first: SealedFields | undefined;
  #last: SealedFields | undefined;
  /** Begins with the first event, whatever that is. */
  readonly #check = new ChainCheck();
  /** What is wrong between them. */
  #fault: { readonly offset: number; readonly what: string } | undefined;

  /** The next ones. */
  add(events: readonly SealedFields[]): void {
    for (const event of events) {
      if (this.#first === undefined) this.#check.begin(event);
      else if (this.#fault === undefined) this.#checkNext(event);
      this.#first ??= event;
    }
    this.#last = events.at(-1) ?? this.#last;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Of the last event. */
  get tail(): Tail {
    const { offset, hash, recordedAt } = this.#last ?? EMPTY_TAIL;
    return { offset, hash, recordedAt };
  }

  get streams(): Iterable<string> {
    return this.#check.streams.keys();
  }

  /** Of each stream its version at the end. */
  *ends(): Generator<{ readonly stream: string; readonly version: number }, void, undefined> {
    for (const [stream, { last }] of this.#check.streams) yield { stream, version: last };
  }

  /**
   * @param versionBefore of a stream at `tail`
   * @throws ChainBreakError they do not continue the log that ends there
   */
  assertContinues(tail: Tail, versionBefore: (stream: string) => number): void {
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined) return;
    const fault = new ChainCheck(tail).next(first, versionBefore);
    if (fault !== undefined) throw broken(tail, first.offset, fault);
    for (const [stream, { first: version }] of this.#check.streams) {
      const before = versionBefore(stream);
      if (version === before + 1) continue;
      throw broken(tail, first.offset, `the next version of ${stream} is ${version}, but it was at ${before}`);
    }
    if (this.#fault !== undefined) throw broken(tail, this.#fault.offset, this.#fault.what);
    if (last.commit === last.offset) return;
    const message = `the events end inside an append (offset ${last.offset} of ${last.commit})`;
    throw new ChainBreakError(message, tail.offset, { hint: "take another copy of them: their end was cut off" });
  }

  #checkNext(event: SealedFields): void {
    const what = this.#check.next(event);
    if (what !== undefined) this.#fault = { offset: event.offset, what };
  }
}

function broken(tail: Tail, offset: number, fault: string): ChainBreakError {
  const message = `event ${offset} does not continue this log, which ends at ${tail.offset}: ${fault}`;
  const hint = "they are of another log, or not as they were written: check both with: sessiondb verify";
  return new ChainBreakError(message, tail.offset, { hint });
}
