import { rmSync } from "node:fs";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../archives.js";
import { ChainCheck } from "../chain-check.js";
import { encodeLine } from "../event-line.js";
import { partFiles, partPath } from "./archived-part.js";
import { beginSegmentLocked } from "./begin-segment.js";
import { copyBytes } from "./copy-bytes.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LogFile } from "./log-file.js";
import { NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { replaceLogLocked } from "./replace-log.js";
import type { Seen } from "./seen.js";
import { entriesOf, freeNumber, segmentPath } from "./segment-entry.js";
import { writeFileOfLog } from "./write-file.js";

/**
 * Takes the lines of an archive out of the log: the manifest names it first, which means nothing while they are there; then
 * a file without them is put in the place of the log, by one rename. Of a log in segments whole files go, and only of the one
 * in which the archive ends the rest is copied: there the manifest decides, by one rename. The caller holds the lock.
 */
export async function takeOutLocked(store: JsonlStore, known: Indexed, entry: ArchiveEntry): Promise<void> {
  const archives = [...known.before.entries, entry];
  if (store.file.segments.open.length > 0) await takeOutOfSegmentsLocked(store, known, archives);
  else await takeOutOfFileLocked(store, known, archives);
  clearParts(store.file.path, archives);
}

async function takeOutOfFileLocked(store: JsonlStore, known: Indexed, archives: readonly ArchiveEntry[]) {
  const { index, end } = known;
  const { to } = archives.at(-1) as ArchiveEntry;
  writeManifestLocked(store.file.path, { ...NO_MANIFEST, archives, rewritten: true, begun: true });
  await replaceLocked(store, (target) => copyBytes(store.file, index.positionOf(to + 1), end.wholeBytes, target));
}

async function takeOutOfSegmentsLocked(store: JsonlStore, known: Indexed, archives: readonly ArchiveEntry[]) {
  const { file } = store;
  const { to } = archives.at(-1) as ArchiveEntry;
  const from = known.index.positionOf(to + 1);
  if (from > file.segments.bytes) {
    await beginSegmentLocked(known);
    file.size(); // finds the new one
  }
  const { open, bytes } = file.segments;
  const gone = open.filter((segment) => segment.from <= to);
  const segments = entriesOf(open.filter((segment) => segment.from > to));
  const last = gone.at(-1);
  if (last !== undefined && last.to > to) {
    const n = freeNumber(file.path, entriesOf(open));
    const end = Math.min(bytes, last.start + last.bytes);
    await writeFileOfLog(file, segmentPath(file.path, n), (target) => copyBytes(file, from, end, target));
    segments.unshift({ n, from: to + 1, to: last.to, bytes: end - from });
  }
  writeManifestLocked(file.path, { ...NO_MANIFEST, archives, rewritten: true, begun: true, segments });
  for (const { n } of gone) rmSync(segmentPath(file.path, n), { force: true });
  await store.rewrittenLocked();
}

/** Puts them back, in the other order. @throws ChainBreakError they are not those of the entry; nothing was changed */
export async function putBackLocked(
  store: JsonlStore,
  { end, before }: Seen,
  entry: ArchiveEntry,
  events: ArchivedEvents,
): Promise<void> {
  const { file } = store;
  const archives = before.entries.slice(0, -1);
  const manifest = { ...NO_MANIFEST, archives, rewritten: true, begun: true };
  const write = (target: LogFile) => writeEvents(target, entry, events, end.tail.offset);
  if (file.segments.open.length === 0) {
    await replaceLocked(store, async (target) => copyBytes(file, 0, end.wholeBytes, target, await write(target)));
    writeManifestLocked(file.path, manifest);
  } else {
    const segments = entriesOf(file.segments.open);
    const n = freeNumber(file.path, segments);
    const bytes = await writeFileOfLog(file, segmentPath(file.path, n), write);
    const { from, to } = entry;
    writeManifestLocked(file.path, { ...manifest, segments: [{ n, from, to, bytes }, ...segments] });
    await store.rewrittenLocked();
  }
  clearParts(file.path, archives);
}

/** As {@link replaceLogLocked}, and what the store knew of the old file is forgotten. */
async function replaceLocked(store: JsonlStore, fill: (target: LogFile) => Promise<void>): Promise<void> {
  await replaceLogLocked(store.file, fill);
  await store.rewrittenLocked();
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
