import type { SealedEvent } from "./event.js";
import { MAX_PAGE_CHARS, MAX_PAGE_EVENTS } from "./event-log.js";

/** Fills one page: events are added until it is full. A page takes its first event whatever its size. */
export class PageFiller {
  #events: SealedEvent[] = [];
  #chars = 0;

  /** @returns false where the event no longer fits: take the page, then add it again */
  add(event: SealedEvent): boolean {
    const chars = (event.dataText?.length ?? 0) + event.metaText.length;
    if (this.#events.length > 0 && (this.#events.length === MAX_PAGE_EVENTS || this.#chars + chars > MAX_PAGE_CHARS)) {
      return false;
    }
    this.#events.push(event);
    this.#chars += chars;
    return true;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  take(): SealedEvent[] {
    const page = this.#events;
    this.#events = [];
    this.#chars = 0;
    return page;
  }
}

/** Cuts events into pages. */
export function* pagesOf(events: Iterable<SealedEvent>): Generator<SealedEvent[], void, undefined> {
  const filler = new PageFiller();
  for (const event of events) {
    if (filler.add(event)) continue;
    yield filler.take();
    filler.add(event);
  }
  if (!filler.isEmpty) yield filler.take();
}

/** For readLast: the event that the caller has, where it is the one that was read, and was not redacted since. */
export function knownOr(read: SealedEvent, known: SealedEvent | undefined): SealedEvent {
  return known !== undefined && known.hash === read.hash && known.redacted === read.redacted ? known : read;
}

/** Events one by one, out of pages. For one reader, who waits for each before asking for the next, as `for await` does. */
export function eventsOf(pages: AsyncIterable<readonly SealedEvent[]>): AsyncIterableIterator<SealedEvent> {
  return new EventWalk(pages);
}

/** A generator takes twice as long for an event, which is a tenth of reading a log (measured). */
class EventWalk implements AsyncIterableIterator<SealedEvent> {
  readonly #pages: AsyncIterator<readonly SealedEvent[]>;
  #page: readonly SealedEvent[] = [];
  #taken = 0;

  constructor(pages: AsyncIterable<readonly SealedEvent[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<SealedEvent, undefined>> {
    const value = this.#page[this.#taken];
    if (value === undefined) return this.#nextPage();
    this.#taken++;
    return Promise.resolve({ value, done: false });
  }

  async #nextPage(): Promise<IteratorResult<SealedEvent, undefined>> {
    const { value: page, done } = await this.#pages.next();
    if (done === true) return { value: undefined, done };
    this.#page = page;
    this.#taken = 0;
    return this.next();
  }

  async return(): Promise<IteratorResult<SealedEvent, undefined>> {
    this.#page = [];
    await this.#pages.return?.();
    return { value: undefined, done: true };
  }
}

/** Events by the appends that they came in, out of pages that begin with a whole append. */
export async function* appendsOf(
  pages: AsyncIterable<readonly SealedEvent[]>,
): AsyncGenerator<SealedEvent[], void, undefined> {
  let append: SealedEvent[] = [];
  for await (const event of eventsOf(pages)) {
    append.push(event);
    if (event.offset !== event.commit) continue;
    yield append;
    append = [];
  }
}
