import { IntegrityError } from "../../../../errors.js";
import type { SealedEvent } from "../../../event.js";
import type { FetchedPage, FirstPage } from "./page-statements.js";

/** A range of the log or of a stream, page by page. Places are offsets or versions; both bounds are inclusive. */
export interface PageWalk {
  readonly first: number;
  /** Where the range ends at present, with its first page. */
  start(): Promise<FirstPage>;
  fetch(from: number, last: number): Promise<FetchedPage>;
  placeOf(event: SealedEvent): number;
  /** What is missing at a place, for the message. */
  describe(place: number): string;
  /** Throws where the log was closed meanwhile. */
  assertOpen(): void;
}

/**
 * The next page is asked for while the caller works on this one. Nothing is held open on the server in between, so the
 * log may have been cut back meanwhile, and may even have grown again: each page must follow the one before it.
 *
 * @throws IntegrityError EVENTS_MISSING instead of a page that would be too short
 */
export async function* walkPages(walk: PageWalk): AsyncGenerator<readonly SealedEvent[], void, undefined> {
  const start = await walk.start();
  const { last } = start;
  if (walk.first > last) return;
  let next: Promise<FetchedPage> = Promise.resolve({ ...start, hashBefore: undefined });
  let before: SealedEvent | undefined;
  for (;;) {
    walk.assertOpen();
    const page = await next;
    const place = before === undefined ? walk.first : walk.placeOf(before) + 1;
    assertFollows(walk, page, place, before);
    before = page.events.at(-1) as SealedEvent;
    const end = walk.placeOf(before);
    if (end < last) next = fetchAhead(walk, end + 1, last);
    yield page.events;
    if (end >= last) return;
  }
}

/** A caller that stops early leaves the last page unread; its failure is then nobody's. */
function fetchAhead(walk: PageWalk, from: number, last: number): Promise<FetchedPage> {
  const page = walk.fetch(from, last);
  page.catch(() => undefined);
  return page;
}

function assertFollows(walk: PageWalk, page: FetchedPage, first: number, before: SealedEvent | undefined): void {
  if (page.events.length === 0) throw missing(walk, first);
  for (const [i, event] of page.events.entries()) {
    if (walk.placeOf(event) !== first + i) throw missing(walk, first + i);
  }
  if (before !== undefined && page.hashBefore !== before.hash) throw missing(walk, walk.placeOf(before));
}

function missing(walk: PageWalk, place: number): IntegrityError {
  return new IntegrityError("EVENTS_MISSING", `${walk.describe(place)} is no longer there`, {
    hint: "if the log was just cut back, read it again; otherwise run: sessiondb verify",
  });
}
