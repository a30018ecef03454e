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

/** Events one by one, out of pages. */
export async function* eventsOf(
  pages: AsyncIterable<readonly SealedEvent[]>,
): AsyncGenerator<SealedEvent, void, undefined> {
  // Not `yield*`, which takes three promises an event instead of one.
  for await (const page of pages) for (const event of page) yield event;
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
