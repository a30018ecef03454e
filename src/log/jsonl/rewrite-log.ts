import type { SealedEvent } from "../event.js";
import { encodeLine } from "../event-line.js";
import { erasedEvent } from "../redaction.js";
import { copyBytes } from "./copy-bytes.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LogFile } from "./log-file.js";
import { replaceLogLocked } from "./replace-log.js";

/**
 * Writes the log anew beside itself, with some of its events erased and new ones behind them, and puts it in the place of the
 * old one: one rename, so a crash leaves the old log or the new one. Of a log in segments that is all from the first segment
 * on that is changed. The lines of all other events are copied as bytes. The caller holds the lock.
 *
 * Until it has its name, the new file holds nothing that the log does not hold; one that a crash has left is written over
 * by the next rewrite.
 */
export async function rewriteLogLocked(
  store: JsonlStore,
  known: Indexed,
  offsets: readonly number[],
  events: readonly SealedEvent[],
): Promise<void> {
  const from = firstChanged(known, offsets);
  const fill = async (target: LogFile) => {
    const size = await copyErased(store, known, offsets, target, from);
    const erase = new Set(offsets);
    const lines = events.map((event) => encodeLine(erase.has(event.offset) ? erasedEvent(event) : event));
    target.writeAll(Buffer.from(lines.join("")), size);
  };
  await replaceLogLocked(store.file, fill, from);
}

/** Where the file begins that holds the first of these offsets. */
function firstChanged({ file, index, end }: Indexed, offsets: readonly number[]): number {
  const stored = offsets.filter((offset) => offset <= end.tail.offset);
  const first = Math.min(...stored.map((offset) => index.positionOf(offset)), end.wholeBytes);
  const { segments } = file;
  return first < segments.bytes ? segments.at(first).start : segments.bytes;
}

/** @returns the size of what was written */
async function copyErased(
  store: JsonlStore,
  known: Indexed,
  offsets: readonly number[],
  target: LogFile,
  from: number,
): Promise<number> {
  const { index, end } = known;
  const copy = { from, written: 0 };
  const copyTo = async (position: number) => {
    await copyBytes(store.file, copy.from, position, target, copy.written);
    copy.written += position - copy.from;
    copy.from = position;
  };
  for (const offset of offsets) {
    if (offset > end.tail.offset) break; // among the new ones
    await copyTo(index.positionOf(offset));
    const line = Buffer.from(encodeLine(erasedEvent(store.eventAt(known, offset))));
    target.writeAll(line, copy.written);
    copy.from = index.positionOf(offset + 1);
    copy.written += line.length;
  }
  await copyTo(end.wholeBytes);
  return copy.written;
}
