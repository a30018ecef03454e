import { ArchivedError } from "../../../../errors.js";
import { assertBounds, assertStreamRead, timeLimit } from "../../../check-bounds.js";
import type { SealedEvent } from "../../../event.js";
import type { LastOptions, OffsetRange, VersionRange } from "../../../event-log.js";
import type { DocumentQuery, DocumentRead } from "../../../read-model-tables.js";
import type { LogServers } from "../servers/log-servers.js";
import type { ReadAct } from "../servers/standby-reads.js";
import type { FirstPage } from "./page-statements.js";
import { walkPages } from "./page-walk.js";
import type { PostgresDocumentReader } from "./postgres-document-reader.js";
import type { StoredPages } from "./stored-pages.js";

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

/** Questions about events, asked where reads go. What they see is never older than what was seen before. */
export class EventReads {
  readonly #servers: LogServers;
  readonly #pages: StoredPages;
  readonly #documents: PostgresDocumentReader;
  readonly #assertOpen: (operation: string) => void;

  /** @param assertOpen asked before each page */
  constructor(
    servers: LogServers,
    pages: StoredPages,
    documents: PostgresDocumentReader,
    assertOpen: (operation: string) => void,
  ) {
    this.#servers = servers;
    this.#pages = pages;
    this.#documents = documents;
    this.#assertOpen = assertOpen;
  }

  async *readAll(range: OffsetRange): Pages {
    assertBounds(range);
    const first = Math.max(range.from ?? 1, 1);
    const fetch = (from: number, last: number) =>
      this.#ask("readAll", (session) => this.#pages.ofLog(session, from, last, from > first));
    yield* walkPages({
      first,
      // The tail apart: where events are missing up to the end of the range, only it tells that they should be there.
      start: async () => {
        const tail = await this.#servers.tail("readAll");
        const last = Math.min(range.to ?? tail.offset, tail.offset);
        return { events: first > last ? [] : (await fetch(first, last)).events, last };
      },
      fetch,
      placeOf: ({ offset }) => offset,
      describe: (place) => `the event at offset ${place}`,
      assertOpen: () => this.#assertOpen("readAll"),
    });
  }

  async *readStream(stream: string, range: VersionRange): Pages {
    assertStreamRead(stream, range);
    const [first, to] = [Math.max(range.from ?? 1, 1), bound(range.to)];
    if (first > to || isNoName(stream)) return;
    const toOffset = range.toOffset === undefined ? undefined : bound(range.toOffset);
    yield* walkPages({
      first,
      start: () => this.#page((session) => this.#pages.startOfStream(session, stream, first, to, toOffset)),
      fetch: (from, last) => this.#page((session) => this.#pages.ofStream(session, stream, from, last)),
      placeOf: ({ version }) => version,
      describe: (place) => `version ${place} of ${stream}`,
      assertOpen: () => this.#assertOpen("readStream"),
    });
  }

  async readLast(stream: string, options: LastOptions): Promise<SealedEvent | undefined> {
    assertStreamRead(stream, { toOffset: options.toOffset });
    if (isNoName(stream)) return undefined;
    const { toOffset } = options;
    const bounded = toOffset === undefined ? options : { ...options, toOffset: bound(toOffset) };
    const last = await this.#ask("readLast", (session) => this.#pages.lastOf(session, stream, bounded));
    if (last !== undefined) this.#servers.history.saw(last);
    return last;
  }

  /** As `readDocument` of EventLog. */
  async readDocument(query: DocumentQuery): Promise<DocumentRead | undefined> {
    if (isNoName(query.stream)) return undefined;
    const read = await this.#servers.read("readDocument", (session) => this.#documents.read(session, query));
    if (read !== undefined) this.#servers.history.saw(read.seen);
    return read;
  }

  async offsetAt(time: Date): Promise<number> {
    const { history, reader } = this.#servers;
    const limit = timeLimit(time);
    const place = await this.#ask("offsetAt", (session) => reader.offsetAt(session, limit));
    history.saw(place);
    return place.offset;
  }

  /** A page of a stream. */
  async #page<P extends Pick<FirstPage, "events">>(act: ReadAct<P | ArchivedError>): Promise<P> {
    const page = await this.#ask("readStream", act);
    const end = page.events.at(-1);
    if (end !== undefined) this.#servers.history.saw(end);
    return page;
  }

  /** @throws ArchivedError */
  async #ask<T>(operation: string, act: ReadAct<T | ArchivedError>): Promise<T> {
    const answer = await this.#servers.read(operation, act);
    if (answer instanceof ArchivedError) throw answer;
    return answer;
  }
}

/** The server takes no U+0000 in a text, not even to look for it; no stream is called so. */
function isNoName(stream: string): boolean {
  return typeof stream === "string" && stream.includes("\0");
}

/** bigint has no infinity. */
function bound(value: number | undefined): number {
  return Math.max(0, Math.min(value ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
}
