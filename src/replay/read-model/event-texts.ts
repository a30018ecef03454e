import { foldEventOf, type Projection } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { eventsOf } from "../../log/paging.js";
import { isRedaction } from "../../log/redaction.js";
import { EMPTY_TAIL, type Tail } from "../../log/seal.js";
import type { SearchTerm } from "../../query/search-terms.js";
import { searchTextOf } from "../../query/search-text.js";
import { hashAt } from "../hash-at.js";
import { TextIndex } from "./text-index.js";

/**
 * The words of events whose documents do not hold them, for logs without tables. Text by text while the log is read;
 * what stays in memory is the index. An event's text never changes, so one index serves the present and every past.
 */
export class EventTexts<D extends object> {
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  #index = new TextIndex();
  #checkpoint: Tail = EMPTY_TAIL;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(log: EventLog, projection: Projection<D>) {
    this.#log = log;
    this.#projection = projection;
  }

  /**
   * @param among offsets of the events that are searched, as if there were no others
   * @returns by the offset of the event: how well its text fits; of events up to `offset` at least
   */
  find(terms: readonly SearchTerm[], among: Iterable<number>, offset: number): Promise<Map<number, number>> {
    const mine = this.#turn.then(async () => {
      await this.#catchUp(offset);
      return this.#index.find(terms, among);
    });
    this.#turn = mine.catch(() => undefined); // the caller of that turn gets its error; the next turn tries again
    return mine;
  }

  async #catchUp(offset: number): Promise<void> {
    const { offset: reached, hash } = this.#checkpoint;
    // The log was cut back.
    if (reached > 0 && (await hashAt(this.#log, reached)) !== hash) this.#forget();
    if (this.#checkpoint.offset >= offset) return;
    const start = this.#checkpoint.offset;
    for await (const event of eventsOf(this.#log.readAll({ from: start + 1, to: offset }))) {
      if (start > 0 && isRedaction(event)) {
        // Words of what was erased may be in the index: it is made anew of what is left.
        this.#forget();
        return this.#catchUp(offset);
      }
      const isRead = this.#projection.idOf(event.stream) !== undefined;
      // Also where it holds no word: it fits a query that only says what must not be there.
      if (isRead) this.#index.add(event.offset, eventTextOf(this.#projection, event));
      this.#checkpoint = { offset: event.offset, hash: event.hash, recordedAt: event.recordedAt };
    }
  }

  #forget(): void {
    this.#index = new TextIndex();
    this.#checkpoint = EMPTY_TAIL;
  }
}

/** The words of an event, as searchTextOf makes them; "" where the projection does not read it. */
export function eventTextOf<D extends object>(projection: Projection<D>, event: SealedEvent): string {
  if (projection.eventText === undefined) return "";
  const seen = foldEventOf(projection, event);
  const texts = seen === undefined ? [] : projection.eventText.of(seen);
  return searchTextOf(texts.filter((text): text is string => typeof text === "string"));
}
