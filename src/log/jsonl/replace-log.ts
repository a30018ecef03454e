import { chmodSync, rmSync, statSync } from "node:fs";
import type { LogFile } from "./log-file.js";
import { checkManifest, type Manifest, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { entriesOf, type SegmentEntry, segmentPath } from "./segment-entry.js";
import { writeFileOfLog } from "./write-file.js";

const MODE_BITS = 0o777;

/**
 * Puts a new file, synced and with the same mode, in the place of the log, by one rename: a crash leaves the old log or the
 * new one. A new file that a crash has left unfinished is written over by the next. The caller holds the lock.
 *
 * Of a log in segments it takes the place of everything from the byte `from` on, where one of its files begins. What it
 * begins with says which segments are before it, so that here, too, the rename decides; the files of the others go then.
 *
 * @param fill writes what the new file holds
 */
export async function replaceLogLocked(
  file: LogFile,
  fill: (target: LogFile) => Promise<void>,
  from = 0,
): Promise<void> {
  const { open } = file.segments;
  const gone = open.filter(({ start }) => start >= from);
  const [first] = gone;
  if (first !== undefined) writeSegmentsLocked(file.path, entriesOf(open), first.from);
  await putInPlaceLocked(file, fill);
  if (first !== undefined) dropSegmentsLocked(file.path, gone);
}

/** Only the file itself, whatever lies before it. */
export async function putInPlaceLocked(file: LogFile, fill: (target: LogFile) => Promise<void>): Promise<void> {
  await writeFileOfLog(file, file.path, async (target) => {
    chmodSync(target.path, statSync(file.path).mode & MODE_BITS);
    await fill(target);
  });
}

/** @param replaced see {@link Manifest} */
export function writeSegmentsLocked(
  logPath: string,
  segments: readonly SegmentEntry[],
  replaced: number | null = null,
): void {
  writeManifestLocked(logPath, { ...manifestOf(logPath), segments, replaced });
}

/** They are not in effect any more, and nobody can need what is in them. */
export function dropSegmentsLocked(logPath: string, gone: readonly SegmentEntry[]): void {
  const numbers = new Set(gone.map(({ n }) => n));
  // First the files: what is left of a crash is found by the manifest.
  for (const n of numbers) rmSync(segmentPath(logPath, n), { force: true });
  writeSegmentsLocked(
    logPath,
    manifestOf(logPath).segments.filter(({ n }) => !numbers.has(n)),
  );
}

/** Ends what a crash has left begun. @param first the offset that the file begins with; undefined where no line says so */
export function settleSegmentsLocked(logPath: string, first: number | undefined): void {
  const { segments, replaced } = manifestOf(logPath);
  if (replaced === null) return;
  dropSegmentsLocked(logPath, first === replaced ? segments.filter(({ from }) => from >= replaced) : []);
}

function manifestOf(logPath: string): Manifest {
  return checkManifest(logPath) ?? NO_MANIFEST;
}
