import type { ArchiveEntry } from "../log/archives.js";
import { assertBounds } from "../log/check-bounds.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, LastOptions, OffsetRange, VersionRange } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import type { AnsweringSide } from "./answering-side.js";
import type { ProvisionalPlaces } from "./provisional-places.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/** Reads events of whichever side answers, and notes the places that it gives them: those behind the copy are provisional. */
export class OutboxReader {
  readonly #side: AnsweringSide;
  readonly #places: ProvisionalPlaces;
  readonly #assertOpen: (operation: string) => void;

  /** @param assertOpen asked when pages begin, and once more behind the first one */
  constructor(side: AnsweringSide, places: ProvisionalPlaces, assertOpen: (operation: string) => void) {
    this.#side = side;
    this.#places = places;
    this.#assertOpen = assertOpen;
  }

  readAll(range: OffsetRange): Pages {
    return this.#pages("readAll", range, (log) => log.readAll(range));
  }

  readStream(stream: string, range: VersionRange): Pages {
    return this.#pages("readStream", range, (log) => log.readStream(stream, range));
  }

  readLast(stream: string, options: LastOptions): Promise<SealedEvent | undefined> {
    return this.#side.ask(
      async (server) => this.#lastSeen(await server.readLast(stream, options)),
      async (view) => this.#lastSeen(await view.readLast(stream, options), view.copied.tail.offset),
    );
  }

  tail(): Promise<Tail> {
    return this.#side.ask(
      (server) => server.tail(),
      async (view) => view.tail,
    );
  }

  offsetAt(time: Date): Promise<number> {
    return this.#side.ask(
      (server) => server.offsetAt(time),
      (view) => view.offsetAt(time),
    );
  }

  /** The local copy has everything. */
  archives(): Promise<readonly ArchiveEntry[]> {
    return this.#side.ask(
      async (server) => (await server.archives?.()) ?? [],
      async () => [],
    );
  }

  /** The server's pages; where it goes away before the first of them, the view's. After that it is an error. */
  async *#pages(
    operation: string,
    range: OffsetRange | VersionRange,
    read: (log: Pick<EventLog, "readAll" | "readStream">) => Pages,
  ): Pages {
    assertBounds(range);
    this.#assertOpen(operation);
    const { pages, first } = await this.#side.ask(
      (server) => begun(this.#seen(read(server))),
      (view) => begun(this.#seen(read(view), view.copied.tail.offset)),
    );
    try {
      if (first.done === true) return;
      yield first.value;
      this.#assertOpen(operation);
      yield* pages;
    } finally {
      await pages.return();
    }
  }

  async *#seen(pages: Pages, copiedOffset?: number): Pages {
    for await (const page of pages) {
      this.#see(page, copiedOffset);
      yield page;
    }
  }

  #lastSeen(event: SealedEvent | undefined, copiedOffset?: number): SealedEvent | undefined {
    if (event !== undefined) this.#see([event], copiedOffset);
    return event;
  }

  /** What is behind the copy has provisional places: whoever decides on them must meet the same events there. */
  #see(events: readonly SealedEvent[], copiedOffset = Number.MAX_SAFE_INTEGER): void {
    this.#places.see(events);
    this.#places.note(events.filter(({ offset }) => offset > copiedOffset));
  }
}

async function begun(pages: Pages): Promise<{ pages: Pages; first: IteratorResult<readonly SealedEvent[], void> }> {
  return { pages, first: await pages.next() };
}
