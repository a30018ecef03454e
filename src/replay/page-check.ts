import type { IntegrityError } from "../errors.js";
import { type ChainCheck, chainBroken, hashFault } from "../log/chain-check.js";
import type { CheckedPart } from "../log/checked-part.js";
import type { SealedEvent } from "../log/event.js";
import { type HashBatch, hashBatchOf, placeIn } from "../log/hash-batch.js";
import { HashThread } from "../log/hash-thread.js";
import type { Tail } from "../log/seal.js";

/** Pages whose hashes are not known yet. */
const MAX_OPEN = 3;
/** A log that has no more pages is checked before a thread has started. */
const PAGES_ALONE = 4;
/** UTF-16 units of data and meta in a page that is handed over; the bytes of larger ones would take too much memory. */
const MAX_CHARS_THERE = 1024 * 1024;

export interface PageCheckOptions {
  /** Of a stream before its first event here; absent where nobody knows. */
  readonly versionBefore?: ((stream: string) => number) | undefined;
  /** For messages, where there are several logs: ` (…)`. */
  readonly where?: string;
}

/** How far a page is right, and what is wrong with the event behind that. */
interface Outcome {
  readonly tail: Tail;
  readonly fault: string | undefined;
}

/**
 * Checks a chain by pages, with a second thread once there are many: while that recomputes the hashes of one page, the next
 * one is read. So a page that was added is only right when a later `tail` says so, or `settle`; faults come in the order
 * of the log all the same. No event is kept: as many as a reader reads at full speed would live just long enough to cost
 * the most (half the time went into collecting them, measured).
 */
export class PageCheck {
  readonly #chain: ChainCheck;
  readonly #options: PageCheckOptions;
  readonly #open: Promise<Outcome>[] = [];
  readonly #spare: HashBatch[] = [];
  #thread: HashThread | undefined;
  #alone = false;
  #pages = 0;
  #tail: Tail;
  #broken: IntegrityError | undefined;

  /** @param chain where it begins; it belongs to this from now on */
  constructor(chain: ChainCheck, options: PageCheckOptions = {}) {
    this.#chain = chain;
    this.#options = options;
    this.#tail = chain.tail;
  }

  get where(): string {
    return this.#options.where ?? "";
  }

  /** Everything up to there is right. */
  get tail(): Tail {
    return this.#tail;
  }

  /** Where the next page has to begin: behind everything that was added. */
  get added(): Tail {
    return this.#chain.tail;
  }

  /** @throws IntegrityError CHAIN_BROKEN the first event that is wrong: one of this page, or of one before */
  async add(page: readonly SealedEvent[]): Promise<void> {
    const before = this.#chain.tail;
    const { events, fault } = this.#placed(page);
    this.#open.push(this.#outcome(before, events, fault));
    await this.#confirm(fault === undefined ? MAX_OPEN : 0);
  }

  /** All that was added is right. @throws IntegrityError CHAIN_BROKEN */
  settle(): Promise<void> {
    return this.#confirm(0);
  }

  /** While `act` runs no second thread is used: the processor has other work. */
  async alone(act: () => Promise<void>): Promise<void> {
    this.#alone = true;
    try {
      await act();
    } finally {
      this.#alone = false;
    }
  }

  /** Takes what somebody else has checked, where it continues everything that was added and settled. @returns false where not */
  take(part: CheckedPart): boolean {
    const isNext = this.#open.length === 0 && this.#chain.take(part, this.#options.versionBefore);
    if (isNext) this.#tail = this.#chain.tail;
    return isNext;
  }

  /** Ends the second thread; more pages may come all the same. */
  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
    this.#pages = 0;
  }

  /** As much of a page as stands in its place. */
  #placed(page: readonly SealedEvent[]): { events: readonly SealedEvent[]; fault: string | undefined } {
    for (const [i, event] of page.entries()) {
      const fault = this.#chain.nextPlace(event, this.#options.versionBefore);
      if (fault !== undefined) return { events: page.slice(0, i), fault };
    }
    return { events: page, fault: undefined };
  }

  #outcome(before: Tail, events: readonly SealedEvent[], fault: string | undefined): Promise<Outcome> {
    if (!this.#alone) this.#pages++;
    if (this.#pages === PAGES_ALONE) this.#thread ??= HashThread.start();
    const last = this.#chain.tail;
    return this.#alone || this.#thread === undefined || this.#thread.isBusy || charsOf(events) > MAX_CHARS_THERE
      ? Promise.resolve(outcomeHere(before, events, fault))
      : this.#outcomeThere(this.#thread, before, events, { tail: last, fault });
  }

  /** Holds none of the events while it waits. */
  #outcomeThere(thread: HashThread, before: Tail, events: readonly SealedEvent[], ifRight: Outcome): Promise<Outcome> {
    const batch = hashBatchOf(before.hash, events, this.#spare.pop());
    return thread.check(batch).then((wrong) => {
      const outcome = wrong < 0 ? ifRight : wrongOutcome(before, batch, wrong);
      this.#spare.push(batch);
      return outcome;
    });
  }

  async #confirm(count: number): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    while (this.#open.length > count) {
      const { tail, fault } = await (this.#open.shift() as Promise<Outcome>);
      this.#tail = tail;
      if (fault === undefined) continue;
      this.#broken = chainBroken(tail.offset + 1, fault + this.where);
      throw this.#broken;
    }
  }
}

function charsOf(events: readonly SealedEvent[]): number {
  let chars = 0;
  for (const { dataText, metaText } of events) chars += (dataText?.length ?? 0) + metaText.length;
  return chars;
}

function outcomeHere(before: Tail, events: readonly SealedEvent[], fault: string | undefined): Outcome {
  let tail: Tail = before;
  for (const event of events) {
    const wrong = hashFault(tail.hash, event);
    if (wrong !== undefined) return { tail: tailOf(tail), fault: wrong };
    tail = event;
  }
  return { tail: tailOf(tail), fault };
}

function tailOf({ offset, hash, recordedAt }: Tail): Tail {
  return { offset, hash, recordedAt };
}

/** What is to be told of a wrong event stands in the batch. */
function wrongOutcome(before: Tail, batch: HashBatch, wrong: number): Outcome {
  const { hash, computed } = placeIn(batch, wrong);
  const fault = `its hash is ${hash}, computed ${computed}`;
  if (wrong === 0) return { tail: before, fault };
  const last = placeIn(batch, wrong - 1);
  return { tail: { offset: before.offset + wrong, hash: last.hash, recordedAt: last.recordedAt }, fault };
}
