import { rmSync } from "node:fs";
import { SealedEvent } from "../event.js";
import { copyBytes } from "./copy-bytes.js";
import { sayEmptyLocked } from "./emptied-log.js";
import { HEAD_BYTES } from "./first-line.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LineWriter } from "./line-writer.js";
import type { LogFile } from "./log-file.js";
import { checkManifest, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { replaceLogLocked } from "./replace-log.js";
import { saveBytes } from "./torn-tail.js";

/**
 * Cuts the log behind `offset`, which is not its last one. The caller holds the lock.
 *
 * Where the cut falls inside an append, the events of it that stay are written again, as an append of their own; until
 * that is done their old bytes stand in a file beside the log, so that a crash in between loses nothing.
 */
export async function cutLogLocked(
  store: JsonlStore,
  lines: LineWriter,
  known: Indexed,
  offset: number,
  now: Date,
): Promise<void> {
  const { file, index } = known;
  const end = index.positionOf(offset + 1);
  const stay = cutAppend(store, known, offset);
  const [first] = stay;
  if (first === undefined) {
    await cutBytesLocked(store, end, offset);
    return;
  }
  const start = index.positionOf(first.offset);
  const saved = await saveBytes(file, start, end - start, now);
  await cutBytesLocked(store, start, first.offset - 1);
  const last = stay.at(-1) as SealedEvent;
  const tail = { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt };
  await lines.writeLocked(await store.end(), stay, tail);
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

/** @param position where the line behind `offset` begins */
async function cutBytesLocked(store: JsonlStore, position: number, offset: number): Promise<void> {
  if (offset === 0) sayEmptyLocked(store.file.path);
  if (position < store.file.segments.bytes) await cutSegmentLocked(store, position, offset);
  store.file.truncate(position);
  await store.file.sync();
  await store.forget();
}

/**
 * The beginning of the segment in which the cut falls becomes the file that grows. Where nothing of it stays, it is the
 * beginning of its first line, which says where it belongs, and is no event.
 */
async function cutSegmentLocked(store: JsonlStore, position: number, offset: number): Promise<void> {
  const { file } = store;
  writeManifestLocked(file.path, { ...(checkManifest(file.path) ?? NO_MANIFEST), cut: offset });
  const { start } = file.segments.at(position);
  const fill = async (target: LogFile) => {
    if (position > start) await copyBytes(file, start, position, target);
    else target.writeAll(await file.read(start, HEAD_BYTES), 0);
  };
  await replaceLogLocked(file, fill, start);
  await store.rewrittenLocked();
  store.file.openForWriting();
}
