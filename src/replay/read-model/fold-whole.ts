import { setImmediate as nextTurn } from "node:timers/promises";
import type { Projection } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../../log/seal.js";
import { BulkFold } from "../fold.js";

/** What is held in memory at most: more documents, or longer ones, are left to whoever folds page by page. */
export const MAX_WHOLE_DOCUMENTS = 50_000;
export const MAX_WHOLE_CHARS = 64 * 1024 * 1024;

/** Documents between two turns of the event loop. */
const TURN_DOCUMENTS = 1_000;
/** What an event may add to its document beside its data. */
const EVENT_CHARS = 100;

export interface WholeFold<D extends object> {
  readonly documents: ReadonlyMap<string, D>;
  /** The last event that is in them. */
  readonly end: Tail;
  /** The last event that was read, all in one walk: whoever has it has done what was erased before it, too. */
  readonly read: Tail;
}

/**
 * All documents after `to` (inclusive), from the first event on. The rest of the program gets a turn after each page.
 *
 * @param before events from this offset on are read, and are not in the documents
 *
 * @returns undefined where they are too many or too long to be held
 * @throws ProjectionStopped, and what reading the log throws
 */
export async function foldWhole<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  to: number,
  onPage?: (offset: number) => void,
  before = Number.POSITIVE_INFINITY,
): Promise<WholeFold<D> | undefined> {
  const fold = new BulkFold(projection);
  const size = new SizeGuess();
  let [end, read]: [Tail, Tail] = [EMPTY_TAIL, EMPTY_TAIL];
  if (to === 0) return { documents: new Map(), end, read };
  for await (const page of log.readAll({ to })) {
    for (const event of page) {
      if (event.offset >= before) break;
      fold.add(event);
      size.add(event);
    }
    end = tailOf(page.findLast(({ offset }) => offset < before)) ?? end;
    read = tailOf(page.at(-1)) ?? read;
    if (fold.streams > MAX_WHOLE_DOCUMENTS) return undefined;
    if (size.isDue && (await size.measure(fold.folded.documents)) > MAX_WHOLE_CHARS) return undefined;
    onPage?.(read.offset);
    await nextTurn();
  }
  return { documents: fold.folded.documents, end, read };
}

function tailOf(event: SealedEvent | undefined): Tail | undefined {
  return event === undefined ? undefined : { offset: event.offset, hash: event.hash, recordedAt: event.recordedAt };
}

/**
 * How long documents are as JSON. To write them all after each page takes longer than the fold, so they are measured when
 * the events since, in full, could have made them too long; and never more often than after a quarter of the limit.
 */
class SizeGuess {
  #measured = 0;
  #since = 0;

  add({ dataText }: SealedEvent): void {
    this.#since += (dataText?.length ?? 0) + EVENT_CHARS;
  }

  get isDue(): boolean {
    return this.#since > Math.max(MAX_WHOLE_CHARS - this.#measured, MAX_WHOLE_CHARS / 4);
  }

  async measure(documents: ReadonlyMap<string, object>): Promise<number> {
    let [chars, count] = [0, 0];
    for (const document of documents.values()) {
      chars += JSON.stringify(document).length;
      if (++count % TURN_DOCUMENTS === 0) await nextTurn();
    }
    this.#measured = chars;
    this.#since = 0;
    return chars;
  }
}
