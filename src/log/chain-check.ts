import { IntegrityError } from "../errors.js";
import type { CheckedPart } from "./checked-part.js";
import { recomputeHash, type SealedFields } from "./event.js";
import { OwnText } from "./own-text.js";
import { EMPTY_TAIL, type Tail } from "./seal.js";

/** Versions that a check has seen of a stream. */
export interface SeenStream {
  readonly first: number;
  readonly last: number;
}

/**
 * Walks a chain event by event. `versionOf` is asked only for the first event of a stream that this check sees: the
 * stream's version before it (0 where the check starts at offset 1).
 */
export class ChainCheck {
  /** The event or tail that was last found right. */
  #last: Tail;
  readonly #after: Tail;
  /** In an object each, so that a stream that is known is looked for once. */
  readonly #streams = new Map<string, { readonly first: number; last: number }>();

  constructor(after: Tail = EMPTY_TAIL) {
    this.#after = after;
    this.#last = after;
  }

  get tail(): Tail {
    return tailOf(this.#last);
  }

  /** What was found right. It goes on changing where this check goes on. */
  get part(): CheckedPart {
    return { before: tailOf(this.#after), tail: this.tail, streams: this.#streams };
  }

  /** In the order in which they were first seen. */
  get streams(): ReadonlyMap<string, SeenStream> {
    return this.#streams;
  }

  /** Takes an event as it is: for events that stand alone, because what comes before them is asked later. */
  begin(event: SealedFields): void {
    this.#moveTo(event, undefined);
  }

  // Whole logs go through the next two, and what they are cut out of must not be kept for the sake of their streams' names.

  /** @returns what is wrong with `event` as the next one, or undefined; then it is the new tail */
  next(event: SealedFields, versionBefore?: (stream: string) => number): string | undefined {
    const known = this.#streams.get(event.stream);
    const fault =
      this.#placeFault(event, known?.last ?? versionBefore?.(event.stream)) ?? hashFault(this.#last.hash, event);
    if (fault === undefined) this.#moveTo(event, known, known === undefined ? new OwnText().of(event.stream) : "");
    return fault;
  }

  /** As next, but for its hash: before the event is believed, somebody has to check that, too (see hashFault). */
  nextPlace(event: SealedFields, versionBefore?: (stream: string) => number): string | undefined {
    const known = this.#streams.get(event.stream);
    const fault = this.#placeFault(event, known?.last ?? versionBefore?.(event.stream));
    if (fault === undefined) this.#moveTo(event, known, known === undefined ? new OwnText().of(event.stream) : "");
    return fault;
  }

  /** Takes a part that somebody else has checked, where it continues this. @returns false where it does not; nothing is changed */
  take({ before, tail, streams }: CheckedPart, versionBefore?: (stream: string) => number): boolean {
    const { offset, hash, recordedAt } = this.#last;
    if (before.offset !== offset || before.hash !== hash || before.recordedAt !== recordedAt) return false;
    for (const [stream, { first }] of streams) {
      const version = this.#streams.get(stream)?.last ?? versionBefore?.(stream);
      if (version !== undefined && first !== version + 1) return false;
    }
    for (const [stream, { first, last }] of streams) {
      const known = this.#streams.get(stream);
      if (known === undefined) this.#streams.set(stream, { first, last });
      else known.last = last;
    }
    this.#last = tail;
    return true;
  }

  #moveTo(event: SealedFields, known: { last: number } | undefined, stream = event.stream): void {
    const { version } = event;
    if (known === undefined) this.#streams.set(stream, { first: version, last: version });
    else known.last = version;
    this.#last = event;
  }

  #placeFault(event: SealedFields, before: number | undefined): string | undefined {
    if (event.offset !== this.#last.offset + 1) return `its offset is ${event.offset}`;
    if (event.recordedAt < this.#last.recordedAt)
      return `its time ${event.recordedAt} is before that of the event before it`;
    if (event.commit < event.offset) return `its commit ${event.commit} is smaller than its offset`;
    if (before !== undefined && event.version !== before + 1) {
      return `its version is ${event.version}, but ${event.stream} was at ${before}`;
    }
    return undefined;
  }
}

function tailOf({ offset, hash, recordedAt }: Tail): Tail {
  return { offset, hash, recordedAt };
}

/** What is wrong with the hash of an event behind the one with `prevHash`; undefined where it is right. */
export function hashFault(prevHash: string, event: SealedFields): string | undefined {
  const expected = recomputeHash(prevHash, event);
  return expected === event.hash ? undefined : `its hash is ${event.hash}, computed ${expected}`;
}

/** @throws IntegrityError CHAIN_BROKEN naming the offset */
export function chainBroken(offset: number, fault: string): IntegrityError {
  return new IntegrityError("CHAIN_BROKEN", `the chain breaks at offset ${offset}: ${fault}`, {
    offset,
    hint: "the event was changed after it was written: compare with a backup or another copy of this log",
  });
}
