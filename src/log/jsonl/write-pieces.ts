import type { SealedEvent } from "../event.js";
import { encodeLine } from "../event-line.js";
import { MAX_UNSYNCED_BYTES } from "./lost-pages.js";

/** UTF-8 needs up to three bytes for a character. */
const MAX_PIECE_CHARS = MAX_UNSYNCED_BYTES / 3;

/** The lines of events, in pieces that may each be written without a sync in between: MAX_UNSYNCED_BYTES, or one line. */
export function* inPieces(events: readonly SealedEvent[]): Generator<string[], void, undefined> {
  let lines: string[] = [];
  let chars = 0;
  for (const event of events) {
    const line = encodeLine(event);
    if (lines.length > 0 && chars + line.length > MAX_PIECE_CHARS) {
      yield lines;
      lines = [];
      chars = 0;
    }
    lines.push(line);
    chars += line.length;
  }
  if (lines.length > 0) yield lines;
}
