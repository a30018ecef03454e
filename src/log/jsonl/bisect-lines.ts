import type { SealedEvent } from "../event.js";
import { decodeLine } from "../event-line.js";
import { damagedLine, MAX_LINE_BYTES, NEWLINE, textOf } from "./line-bytes.js";
import type { LogFile } from "./log-file.js";

const WINDOW_BYTES = 4 * 1024;

/**
 * Byte position of the first line, below `end`, whose event is not `before`; `end` where all are. Offsets and times only
 * grow, so halving the bytes finds a place in any log with some tens of small reads and no index.
 */
export async function bisectLines(
  file: LogFile,
  end: number,
  before: (event: SealedEvent) => boolean,
): Promise<number> {
  let low = 0;
  let high = end;
  while (low < high) {
    const line = await lineAround(file, Math.floor((low + high) / 2), low, high);
    if (before(decode(line))) low = line.end;
    else high = line.start;
  }
  return low;
}

interface Line {
  readonly start: number;
  /** Behind its newline. */
  readonly end: number;
  readonly text: string;
}

/** The line that holds the byte at `middle`. `low` and `high` are line starts around it. */
async function lineAround(file: LogFile, middle: number, low: number, high: number): Promise<Line> {
  for (let reach = WINDOW_BYTES; ; reach *= 4) {
    const from = Math.max(low, middle - reach);
    const to = Math.min(high, middle + reach);
    const bytes = await file.read(from, to - from);
    const newlineBefore = middle === from ? -1 : bytes.lastIndexOf(NEWLINE, middle - from - 1);
    const newlineAfter = bytes.indexOf(NEWLINE, middle - from);
    if ((newlineBefore >= 0 || from === low) && newlineAfter >= 0) {
      const line = { bytes: bytes.subarray(newlineBefore + 1, newlineAfter), position: from + newlineBefore + 1 };
      return { start: line.position, end: from + newlineAfter + 1, text: textOf(line, 0) };
    }
    if (reach > MAX_LINE_BYTES) throw damagedLine("it is longer than any event can be", undefined, from);
  }
}

function decode(line: Line): SealedEvent {
  try {
    return decodeLine(line.text);
  } catch (cause) {
    throw damagedLine("it is not an event", undefined, line.start, "LINE_DAMAGED", cause);
  }
}
