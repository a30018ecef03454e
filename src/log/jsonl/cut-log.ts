import { rmSync } from "node:fs";
import { SealedEvent } from "../event.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import { saveBytes } from "./torn-tail.js";

/**
 * Cuts the log behind `offset`, which is not its last one. The caller holds the lock.
 *
 * Where the cut falls inside an append, the events of it that stay are written again, as an append of their own; until
 * that is done their old bytes stand in a file beside the log, so that a crash in between loses nothing.
 */
export async function cutLog(store: JsonlStore, known: Indexed, offset: number, now: Date): Promise<void> {
  const { file, index } = known;
  const end = index.positionOf(offset + 1);
  const stay = cutAppend(store, known, offset);
  const [first] = stay;
  if (first === undefined) {
    await store.cutLocked(end, offset);
    return;
  }
  const start = index.positionOf(first.offset);
  const saved = await saveBytes(file, start, end - start, now);
  await store.cutLocked(start, first.offset - 1);
  await store.end();
  const last = stay.at(-1) as SealedEvent;
  await store.writeLocked(stay, { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt });
  rmSync(saved);
}

/** The events up to `offset` whose append goes beyond it, with their append ending there. */
function cutAppend(store: JsonlStore, known: Indexed, offset: number): SealedEvent[] {
  const stay: SealedEvent[] = [];
  for (let at = offset; at > known.before.base.offset; at--) {
    const event = store.eventAt(known, at);
    if (event.commit <= offset) break;
    stay.unshift(new SealedEvent({ ...event, commit: offset }));
  }
  return stay;
}
