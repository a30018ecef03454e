import { setImmediate as nextTurn } from "node:timers/promises";
import type { Projection } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../../log/seal.js";
import { BulkFold } from "../fold.js";
import { ProjectionStopped } from "../projection-stopped.js";
import { IdShare } from "./id-share.js";
import { SizeGuess } from "./size-guess.js";

/** What is held in memory at most; where documents are more, or longer, they are folded in shares. */
export const MAX_HELD_DOCUMENTS = 50_000;
export const MAX_HELD_CHARS = 64 * 1024 * 1024;
/**
 * Shares of a whole log, each of which reads all of it. Where 200,000 documents have three events each, to fold and to write
 * an event step by step takes some forty times as long as to read it once more.
 */
export const MAX_WALKS = 16;

export interface ShareFold<D extends object> {
  /** How much of all ids: 1, 0.5, 0.25 … */
  readonly size: number;
  readonly documents: ReadonlyMap<string, D>;
  /** The last event that is in them. */
  readonly end: Tail;
  /** The last event that was read, all in one walk: whoever has it has done what was erased before it, too. */
  readonly read: Tail;
}

export interface FoldSharesOptions {
  /** The last offset that is read. */
  readonly to: number;
  /** Events from this offset on are read, and are not in the documents. Default: none. */
  readonly before?: number | undefined;
  /** Into about how many shares it may fall; at least 1. Default {@link MAX_WALKS}. */
  readonly walks?: number;
  /** After each page, with the size of the share that is folded now. */
  readonly onPage?: (offset: number, size: number) => void;
}

/**
 * All documents after `to`, from the first event on: at once where so many can be held, else a share of their ids at a
 * time, each out of a walk of its own over the log. The rest of the program gets a turn after each page.
 *
 * @param take gets each share, and says whether to go on; one of them is held at a time
 * @returns `refused` by `take`; `unfit` where this is nothing for it: too many walks, one document that is too long, or the
 *   projection fails while only a share is folded, so that nobody knows the first event at which it does
 * @throws ProjectionStopped at the first event at which the projection fails, and what reading the log throws
 */
export async function foldShares<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  options: FoldSharesOptions,
  take: (share: ShareFold<D>) => Promise<boolean>,
): Promise<"done" | "refused" | "unfit"> {
  const { walks = MAX_WALKS } = options;
  const left: IdShare[] = [IdShare.ALL];
  let minSize = 1 / walks;
  for (let share = left.pop(); share !== undefined; share = left.pop()) {
    // In a function of its own: what is folded there is let go before the next walk.
    const outcome = await foldShare(new ShareWalk(log, projection, options, minSize), share, left, take);
    if (outcome !== "done") return outcome;
    // Shares are about as large as each other: one that is a little larger than the first is no reason to give up.
    minSize = 1 / (2 * walks);
  }
  return "done";
}

async function foldShare<D extends object>(
  walk: ShareWalk<D>,
  share: IdShare,
  left: IdShare[],
  take: (share: ShareFold<D>) => Promise<boolean>,
): Promise<"done" | "refused" | "unfit"> {
  const folded = await walk.run(share, left);
  if (folded === undefined) return "unfit";
  return (await take(folded)) ? "done" : "refused";
}

/** One walk over the log. */
class ShareWalk<D extends object> {
  readonly #log: EventLog;
  readonly #options: FoldSharesOptions;
  readonly #minSize: number;
  readonly #fold: BulkFold<D>;
  #share = IdShare.ALL;

  constructor(log: EventLog, projection: Projection<D>, options: FoldSharesOptions, minSize: number) {
    this.#log = log;
    this.#options = options;
    this.#minSize = minSize;
    this.#fold = new BulkFold(projection);
  }

  /** @param left takes the halves that turn out to be for another walk */
  async run(share: IdShare, left: IdShare[]): Promise<ShareFold<D> | undefined> {
    this.#take(share);
    try {
      return await this.#run(left);
    } catch (error) {
      if (error instanceof ProjectionStopped && this.#share.bits > 0) return undefined;
      throw error;
    }
  }

  async #run(left: IdShare[]): Promise<ShareFold<D> | undefined> {
    const { to, before = Number.POSITIVE_INFINITY, onPage } = this.#options;
    const size = new SizeGuess(MAX_HELD_CHARS);
    const documents = () => this.#fold.folded.documents;
    let [end, read]: [Tail, Tail] = [EMPTY_TAIL, EMPTY_TAIL];
    for await (const page of to === 0 ? [] : this.#log.readAll({ to })) {
      for (const event of page) {
        if (event.offset >= before) break;
        if (this.#fold.add(event)) size.add(event);
      }
      end = tailOf(page.findLast(({ offset }) => offset < before)) ?? end;
      read = tailOf(page.at(-1)) ?? read;
      while (this.#fold.streams > MAX_HELD_DOCUMENTS || (await size.isOver(documents))) {
        if (!this.#halve(left)) return undefined;
      }
      onPage?.(read.offset, this.#share.size);
      await nextTurn();
    }
    return { size: this.#share.size, documents: documents(), end, read };
  }

  /** Goes on with a half of the ids. @returns false where that would be too small */
  #halve(left: IdShare[]): boolean {
    const [kept, other] = this.#share.halves();
    if (kept.size < this.#minSize) return false;
    left.push(other);
    this.#take(kept);
    return true;
  }

  #take(share: IdShare): void {
    this.#share = share;
    if (share.bits > 0) this.#fold.keep((id) => share.has(id));
  }
}

function tailOf(event: SealedEvent | undefined): Tail | undefined {
  return event === undefined ? undefined : { offset: event.offset, hash: event.hash, recordedAt: event.recordedAt };
}
