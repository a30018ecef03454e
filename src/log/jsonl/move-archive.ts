import { rmSync } from "node:fs";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../archives.js";
import { ChainCheck } from "../chain-check.js";
import { encodeLine } from "../event-line.js";
import { partFiles, partPath } from "./archived-part.js";
import type { Indexed, JsonlStore, Seen } from "./jsonl-store.js";
import type { LogFile } from "./log-file.js";
import { writeManifestLocked } from "./manifest.js";
import { replaceLogLocked } from "./replace-log.js";

const COPY_BYTES = 1024 * 1024;

/**
 * Takes the lines of an archive out of the log: the manifest names it first, which means nothing while they are there; then
 * a file without them is put in the place of the log, by one rename. The caller holds the lock.
 */
export async function takeOutLocked(store: JsonlStore, known: Indexed, entry: ArchiveEntry): Promise<void> {
  const { index, end, before } = known;
  const { path } = store.file;
  writeManifestLocked(path, { movedTo: null, archives: [...before.entries, entry], rewritten: true });
  await replaceLocked(store, async (target) => {
    await copyBytes(store.file, index.positionOf(entry.to + 1), end.wholeBytes, target, 0);
  });
  clearParts(path, [...before.entries, entry]);
}

/** Puts them back, in the other order. @throws ChainBreakError they are not those of the entry; nothing was changed */
export async function putBackLocked(
  store: JsonlStore,
  { end, before }: Seen,
  entry: ArchiveEntry,
  events: ArchivedEvents,
): Promise<void> {
  const { path } = store.file;
  await replaceLocked(store, async (target) => {
    const written = await writeEvents(target, entry, events, end.tail.offset);
    await copyBytes(store.file, 0, end.wholeBytes, target, written);
  });
  const archives = before.entries.slice(0, -1);
  writeManifestLocked(path, { movedTo: null, archives, rewritten: true });
  clearParts(path, archives);
}

/** As {@link replaceLogLocked}, and what the store knew of the old file is forgotten. */
async function replaceLocked(store: JsonlStore, fill: (target: LogFile) => Promise<void>): Promise<void> {
  await replaceLogLocked(store.file, fill);
  await store.rewrittenLocked();
}

async function copyBytes(file: LogFile, from: number, to: number, target: LogFile, at: number): Promise<void> {
  for (let position = from; position < to; position += COPY_BYTES) {
    const bytes = await file.read(position, Math.min(COPY_BYTES, to - position));
    target.writeAll(bytes, at + position - from);
  }
}

/** @returns how many bytes they are */
async function writeEvents(
  target: LogFile,
  entry: ArchiveEntry,
  events: ArchivedEvents,
  tailOffset: number,
): Promise<number> {
  const check = new ChainCheck({ offset: entry.from - 1, hash: entry.before, recordedAt: "" });
  let written = 0;
  for await (const page of events.forwards()) {
    for (const event of page) {
      const fault = check.next(event);
      if (fault !== undefined) throw archiveMisfit(`at offset ${event.offset} ${fault}`, entry, tailOffset);
    }
    const lines = Buffer.from(page.map(encodeLine).join(""));
    target.writeAll(lines, written);
    written += lines.length;
  }
  if (check.tail.offset === entry.to && check.tail.hash === entry.hash) return written;
  throw archiveMisfit(`they end at offset ${check.tail.offset}`, entry, tailOffset);
}

/** Removes what was noted of archives that are not the log's (any more). */
function clearParts(logPath: string, entries: readonly ArchiveEntry[]): void {
  const kept = new Set(entries.map(({ to }) => partPath(logPath, to)));
  for (const path of partFiles(logPath)) if (!kept.has(path)) rmSync(path, { force: true });
}
