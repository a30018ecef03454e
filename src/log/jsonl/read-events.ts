import { StorageError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import { PageFiller } from "../paging.js";
import { damagedLine, eventOf, NEWLINE, positionOfLine, readLines, textOf } from "./line-bytes.js";
import type { LogFile } from "./log-file.js";

/** A stretch of the log: the events `from` to `to` (inclusive), the first of which begins at byte `position`. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly position: number;
  /** Behind the newline of the event `to`, or later. */
  readonly end: number;
  /** Whether `to` is the last event of the log: then anything between it and `end` is damage. */
  readonly toTail: boolean;
}

/** Every event of the span with the bytes of its line: from `position` (inclusive) to `end` (exclusive, behind its newline). */
export async function forEachEvent(
  file: LogFile,
  span: Span,
  visit: (event: SealedEvent, position: number, end: number) => void,
): Promise<void> {
  let offset = span.from;
  for await (const lines of readLines(file, span.position, span.end)) {
    const text = textOf(lines, offset);
    let byte = 0;
    for (let start = 0; start < text.length && offset <= span.to; offset++) {
      const end = text.indexOf("\n", start);
      const position = lines.position + byte;
      byte = lines.bytes.indexOf(NEWLINE, byte) + 1;
      const event = eventOf(text, start, end, { offset, position: () => position });
      visit(event, position, lines.position + byte);
      start = end + 1;
    }
    if (offset > span.to) {
      assertEnds(span, lines.position + byte);
      return;
    }
  }
  throw endsEarly(file, offset, span.to);
}

/** The events of the span as pages. */
export async function* readPages(file: LogFile, span: Span): AsyncGenerator<SealedEvent[], void, undefined> {
  const filler = new PageFiller();
  let offset = span.from;
  for await (const lines of readLines(file, span.position, span.end)) {
    const text = textOf(lines, offset);
    const first = offset;
    const place = { offset, position: () => positionOfLine(lines, place.offset - first) };
    for (let start = 0; start < text.length && offset <= span.to; place.offset = ++offset) {
      const end = text.indexOf("\n", start);
      const event = eventOf(text, start, end, place);
      if (!filler.add(event)) {
        yield filler.take();
        filler.add(event);
      }
      start = end + 1;
    }
    if (offset > span.to) {
      assertEnds(span, positionOfLine(lines, offset - first));
      break;
    }
  }
  if (!filler.isEmpty) yield filler.take();
  if (offset <= span.to) throw endsEarly(file, offset, span.to);
}

/**
 * The end of the file says which event is the last one, the beginning how many there are. A file that somebody has put
 * together of two has more lines than that, and answering with the first ones would hide the others.
 */
function assertEnds(span: Span, position: number): void {
  if (!span.toTail || position === span.end) return;
  throw damagedLine(
    `it stands behind offset ${span.to}, which the last line of the file says is the last`,
    span.to + 1,
    position,
  );
}

function endsEarly(file: LogFile, offset: number, to: number): StorageError {
  return new StorageError("LOG_SHORTENED", `jsonl:${file.path} ends before offset ${offset}, ${to} was expected`, {
    hint: "somebody cut the log back; read it again",
  });
}
