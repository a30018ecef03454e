import * as z from "zod";
import { cursorText, placeOfCursor } from "../query/cursor-text.js";

/** Where a page ended, and the state of the log that all pages of one listing show. */
export interface PagePlace {
  /** The offset as of which the listing is. */
  readonly head: number;
  /** How far the pages before have come: an offset, or a number of items, as the listing counts. */
  readonly after: number;
  /** Where the listing has words of its own for the place: these. */
  readonly own?: string | undefined;
  /** What was asked; a cursor fits only the question that it came from. */
  readonly asked: string;
}

const schema = z.strictObject({
  head: z.number().int().min(0),
  after: z.number().int().min(0),
  own: z.string().optional(),
  asked: z.string(),
});

export function encodeCursor(place: PagePlace): string {
  return cursorText(place);
}

/** @throws UsageError CURSOR_INVALID */
export function decodeCursor(cursor: string, asked: string): PagePlace {
  const hint = "pass next_cursor of the page before, with the same arguments";
  return placeOfCursor(cursor, schema, (place) => place.asked === asked, hint);
}
