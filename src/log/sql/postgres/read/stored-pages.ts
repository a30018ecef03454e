import { ArchivedError } from "../../../../errors.js";
import type { SealedEvent } from "../../../event.js";
import type { LastOptions } from "../../../event-log.js";
import type { ArchivedRows, Whereabouts } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import type { FetchedPage, FirstPage, PageStatements } from "./page-statements.js";

/** Others may archive, and put back, while one looks; what is missing after so many looks is missing. */
const MAX_LOOKS = 5;

interface Look<T> {
  readonly read: () => Promise<T>;
  readonly isWhole: (answer: T) => boolean;
  /** Asked where it is not whole. */
  readonly where: (answer: T) => Promise<Whereabouts>;
}

/**
 * Pages of a log whose beginning may have been archived, also by others, also between two pages: what is not among the rows
 * is looked for among the archives, on the same server. An ArchivedError is given back, and not thrown: a connection on
 * which something is thrown is closed.
 */
export class StoredPages {
  readonly #pages: PageStatements;
  readonly #archived: ArchivedRows;

  constructor(pages: PageStatements, archived: ArchivedRows) {
    this.#pages = pages;
    this.#archived = archived;
  }

  /** `next`: behind a page that was read before, whose last hash it brings. */
  ofLog(session: PgSession, from: number, to: number, next = false): Promise<FetchedPage | ArchivedError> {
    return this.#looked({
      read: () => this.#pages.ofLog(session, from, to),
      isWhole: (page) => page.events[0]?.offset === from && (!next || page.hashBefore !== undefined),
      where: ({ events }) => this.#archived.offset(session, events[0]?.offset === from ? from - 1 : from),
    });
  }

  /** The page of a stream behind one that was read before. */
  ofStream(session: PgSession, stream: string, from: number, to: number): Promise<FetchedPage | ArchivedError> {
    return this.#looked({
      read: () => this.#pages.ofStream(session, stream, from, to),
      isWhole: (page) => page.events[0]?.version === from && page.hashBefore !== undefined,
      where: ({ events }) => this.#archived.version(session, stream, events[0]?.version === from ? from - 1 : from),
    });
  }

  startOfStream(
    session: PgSession,
    stream: string,
    from: number,
    to: number,
    toOffset: number | undefined,
  ): Promise<FirstPage | ArchivedError> {
    return this.#looked({
      read: () => this.#pages.startOfStream(session, stream, from, to, toOffset),
      isWhole: ({ events }) => events[0]?.version === from,
      where: () => this.#archived.version(session, stream, from),
    });
  }

  lastOf(session: PgSession, stream: string, options: LastOptions): Promise<SealedEvent | undefined | ArchivedError> {
    return this.#looked({
      read: () => this.#pages.lastOf(session, stream, options),
      isWhole: (event) => event !== undefined,
      where: () => this.#archived.version(session, stream, 1),
    });
  }

  async #looked<T>({ read, isWhole, where }: Look<T>): Promise<T | ArchivedError> {
    for (let look = 1; ; look++) {
      const answer = await read();
      if (isWhole(answer) || look === MAX_LOOKS) return answer;
      const found = await where(answer);
      if (found instanceof ArchivedError) return found;
      if (found === "nowhere") return answer;
    }
  }
}
