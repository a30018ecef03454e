import type Database from "better-sqlite3";
import type { SealedEvent } from "../../event.js";
import { MAX_PAGE_EVENTS } from "../../event-log.js";
import { EVENT_COLUMNS, eventOfRow, offsetOfRow } from "./event-rows.js";
import { EVENT_TEXT, eventOfText } from "./event-text.js";

/** Rows of one page statement: a full page, and the event before it. */
const PAGE_ROWS = MAX_PAGE_EVENTS + 1;

/**
 * The events of one page, in their order, at one instant. As texts, all at once, where every row has one; else the whole
 * page by its columns, row by row, so that no more than one long event is held besides what the caller keeps.
 */
export class PageStatement {
  readonly #texts: Database.Statement;
  readonly #rows: Database.Statement;

  /** @param range a condition with its parameters, ended by ORDER BY */
  constructor(db: Database.Database, range: string) {
    const from = `FROM events WHERE ${range} LIMIT ${PAGE_ROWS}`;
    this.#texts = db.prepare(`SELECT ${EVENT_TEXT} ${from}`).pluck();
    this.#rows = db.prepare(`SELECT ${EVENT_COLUMNS} ${from}`).raw();
  }

  /** @throws IntegrityError EVENT_DAMAGED, also while they are taken */
  events(...values: readonly unknown[]): Iterable<SealedEvent> {
    const texts = this.#texts.all(...values) as (string | null)[];
    return eventsOfTexts(texts) ?? this.eventsUpTo(Number.POSITIVE_INFINITY, ...values);
  }

  /** Only those up to an offset (inclusive), and nothing behind it is read: for who does not know how many there are. */
  *eventsUpTo(maxOffset: number, ...values: readonly unknown[]): Generator<SealedEvent, void, undefined> {
    for (const row of this.#rows.iterate(...values)) {
      if (offsetOfRow(row) > maxOffset) return;
      yield eventOfRow(row);
    }
  }
}

/** @returns undefined where one of the rows has to be read by its columns */
function eventsOfTexts(texts: readonly (string | null)[]): SealedEvent[] | undefined {
  const events: SealedEvent[] = [];
  for (const text of texts) {
    const event = text === null ? undefined : eventOfText(text);
    if (event === undefined) return undefined;
    events.push(event);
  }
  return events;
}
