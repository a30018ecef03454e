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
  /** Version with which each stream begins among them, and ends. */
  readonly #firstVersions = new Map<string, number>();
  readonly #lastVersions = new Map<string, number>();
  /** What is wrong between them. */
  #fault: { readonly offset: number; readonly what: string } | undefined;
  /** Stands at the last event, once there is one. */
  #check: ChainCheck | undefined;

  /** The next ones. */
  add(events: readonly SealedFields[]): void {
    this.#first ??= events[0];
    this.#last = events.at(-1) ?? this.#last;
    this.#fault ??= this.#faultIn(events);
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
    return this.#firstVersions.keys();
  }

  /** Of each stream its version at the end. */
  *ends(): Generator<{ readonly stream: string; readonly version: number }, void, undefined> {
    for (const [stream, version] of this.#lastVersions) yield { stream, version };
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
    for (const [stream, version] of this.#firstVersions) {
      const before = versionBefore(stream);
      if (version === before + 1) continue;
      throw broken(tail, first.offset, `the next version of ${stream} is ${version}, but it was at ${before}`);
    }
    if (this.#fault !== undefined) throw broken(tail, this.#fault.offset, this.#fault.what);
    if (last.commit === last.offset) return;
    const message = `the events end inside an append (offset ${last.offset} of ${last.commit})`;
    throw new ChainBreakError(message, tail.offset);
  }

  #faultIn(events: readonly SealedFields[]): { offset: number; what: string } | undefined {
    for (const event of events) {
      if (!this.#lastVersions.has(event.stream)) this.#firstVersions.set(event.stream, event.version);
      const what = this.#check?.next(event, (stream) => this.#lastVersions.get(stream) ?? event.version - 1);
      if (what !== undefined) return { offset: event.offset, what };
      this.#check ??= new ChainCheck(event);
      this.#lastVersions.set(event.stream, event.version);
    }
    return undefined;
  }
}

function broken(tail: Tail, offset: number, fault: string): ChainBreakError {
  const message = `event ${offset} does not continue this log, which ends at ${tail.offset}: ${fault}`;
  return new ChainBreakError(message, tail.offset);
}
