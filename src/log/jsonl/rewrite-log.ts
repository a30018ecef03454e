import type { SealedEvent } from "../event.js";
import { encodeLine } from "../event-line.js";
import { erasedEvent } from "../redaction.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LogFile } from "./log-file.js";
import { replaceLogLocked } from "./replace-log.js";

const COPY_BYTES = 1024 * 1024;

/**
 * Writes the whole log anew beside itself, with some of its events erased and new ones behind them, and puts it in the
 * place of the old one: one rename, so a crash leaves the old log or the new one. The lines of all other events are
 * copied as bytes. The caller holds the lock.
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
  await replaceLogLocked(store.file, async (target) => {
    const size = await copyErased(store, known, offsets, target);
    const erase = new Set(offsets);
    const lines = events.map((event) => encodeLine(erase.has(event.offset) ? erasedEvent(event) : event));
    target.writeAll(Buffer.from(lines.join("")), size);
  });
}

/** @returns the size of what was written */
async function copyErased(
  store: JsonlStore,
  known: Indexed,
  offsets: readonly number[],
  target: LogFile,
): Promise<number> {
  const { index, end } = known;
  const copy = { from: 0, written: 0 };
  const copyTo = async (position: number) => {
    while (copy.from < position) {
      const bytes = await store.file.read(copy.from, Math.min(COPY_BYTES, position - copy.from));
      target.writeAll(bytes, copy.written);
      copy.from += bytes.length;
      copy.written += bytes.length;
    }
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
