import { closeSync, existsSync, fstatSync, readdirSync, readSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { IntegrityError } from "../../errors.js";
import { openAtOnce } from "../../files/open-ordinary.js";
import { firstOffsetOf, HEAD_BYTES } from "./first-line.js";
import { checkManifest, type Manifest, manifestStamp } from "./manifest.js";
import { isSegmentOf, type SegmentEntry, segmentPath } from "./segment-entry.js";

/** A segment that is open for reading. */
export interface OpenSegment extends SegmentEntry {
  /** Byte of the log at which it begins. */
  readonly start: number;
  readonly fd: number;
}

/** The closed segments of a log, held open; empty for a log that is one file. */
export class LogSegments {
  /** Of the manifest that names them. */
  readonly stamp: string;
  readonly open: readonly OpenSegment[];
  readonly bytes: number;

  constructor(open: readonly OpenSegment[], stamp: string) {
    this.open = open;
    this.stamp = stamp;
    const last = open.at(-1);
    this.bytes = last === undefined ? 0 : last.start + last.bytes;
  }

  /**
   * @param active descriptor of the file behind them
   * @param known those that are open already are not opened again
   * @throws IntegrityError SEGMENT_MISSING, SEGMENT_DAMAGED; UsageError of the manifest
   */
  static load(logPath: string, active: number, known: readonly OpenSegment[] = []): LogSegments {
    const stamp = manifestStamp(logPath);
    const manifest = checkManifest(logPath);
    const first = firstOffsetIn(active);
    const entries = manifest === undefined ? [] : segmentsInEffect(logPath, manifest, first);
    if (first === undefined) assertNoMore(logPath, entries);
    const open: OpenSegment[] = [];
    let start = 0;
    try {
      for (const entry of entries) {
        const same = known.find((one) => isSame(one, entry) && one.start === start);
        open.push(same ?? { ...entry, start, fd: openSegment(logPath, entry) });
        start += entry.bytes;
      }
    } catch (error) {
      closeSegments(open.filter((one) => !known.includes(one)));
      throw error;
    }
    return new LogSegments(open, stamp);
  }

  /** The segment that holds a byte of the log, which is one of theirs. */
  at(position: number): OpenSegment {
    let [low, high] = [0, this.open.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.open[middle] as OpenSegment).start <= position) low = middle;
      else high = middle - 1;
    }
    return this.open[low] as OpenSegment;
  }

  /** Whether those of `earlier` are the first of these. */
  continues(earlier: LogSegments): boolean {
    return earlier.open.every((one, i) => isSame(one, this.open[i]));
  }
}

export function closeSegments(segments: readonly OpenSegment[]): void {
  for (const { fd } of segments) closeSync(fd);
}

/**
 * Those that lie before the first line of the active file.
 *
 * @param first the offset that the active file begins with; undefined where no line says so
 */
export function segmentsInEffect(logPath: string, manifest: Manifest, first: number | undefined): SegmentEntry[] {
  const { segments, replaced } = manifest;
  if (replaced !== null && first === replaced) return segments.filter(({ from }) => from < first);
  const last = segments.at(-1);
  if (last !== undefined && first !== undefined && first !== last.to + 1) {
    throw missing(`${logPath} begins with offset ${first}, and its segments end at ${last.to}`, last.to + 1);
  }
  return [...segments];
}

function isSame(one: SegmentEntry, other: SegmentEntry | undefined): boolean {
  return one.n === other?.n && one.from === other.from && one.to === other.to && one.bytes === other.bytes;
}

export function firstOffsetIn(fd: number): number | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  return firstOffsetOf(head.toString("latin1", 0, readSync(fd, head, 0, HEAD_BYTES, 0)));
}

/** Undefined also where it is no file, or begins with something else. */
export function firstOffsetAt(path: string): number | undefined {
  const fd = openAtOnce(path);
  try {
    return fstatSync(fd).isFile() ? firstOffsetIn(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

function openSegment(logPath: string, { n, from, bytes }: SegmentEntry): number {
  const path = segmentPath(logPath, n);
  let fd: number;
  try {
    fd = openAtOnce(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw missing(`${path} is gone`, from);
    throw error;
  }
  const stats: Stats = fstatSync(fd);
  if (stats.isFile() && stats.size === bytes && firstOffsetIn(fd) === from) return fd;
  closeSync(fd);
  throw new IntegrityError(
    "SEGMENT_DAMAGED",
    `${path} is not the segment from offset ${from} on: ${whyNot(stats, bytes)}`,
    {
      offset: from,
      hint: "take it from a backup, or from another copy of this log",
    },
  );
}

function whyNot(stats: Stats, bytes: number): string {
  if (!stats.isFile()) return "it is no file";
  return stats.size === bytes ? "it begins with another line" : `it has ${stats.size} bytes instead of ${bytes}`;
}

/** Where the newest file of a log is not there, its manifest may say that there is a log. @throws IntegrityError SEGMENT_MISSING */
export function assertWholeLog(logPath: string): void {
  const last = checkManifest(logPath)?.segments.at(-1);
  if (last !== undefined) throw missing(`${logPath} is gone`, last.to + 1);
}

/**
 * Of a log whose newest file has no whole append yet. The next one would begin where nobody finds it.
 *
 * @throws IntegrityError SEGMENT_MISSING the manifest says that the segments end elsewhere
 */
export function assertEndsAt(logPath: string, { open }: LogSegments, offset: number): void {
  const last = open.at(-1);
  if (last === undefined || last.to === offset) return;
  const path = segmentPath(logPath, last.n);
  throw missing(`${path} ends with offset ${offset}, and the manifest says ${last.to}`, Math.min(offset, last.to) + 1);
}

/** What stands in a closed segment was synced long ago: whatever looks torn there is damage. */
export function damagedSegment(logPath: string, { n, start }: OpenSegment, position: number): IntegrityError {
  const path = segmentPath(logPath, n);
  return new IntegrityError(
    "SEGMENT_DAMAGED",
    `${path} does not end with a whole append: byte ${position - start} of it`,
    {
      byte: position,
      hint: "take it from a backup, or from another copy of this log",
    },
  );
}

/**
 * A log whose newest file is still empty, and that has lost its manifest, or what this said, must not look like a new one; nor
 * like a shorter one where the manifest is older, as in a copy that was made while a segment began.
 */
function assertNoMore(logPath: string, named: readonly SegmentEntry[]): void {
  const end = named.at(-1)?.to;
  for (const path of unnamed(logPath, named)) {
    const first = firstOffsetAt(path);
    if (first === undefined || (end !== undefined && first !== end + 1)) continue;
    throw missing(`${logPath} is empty, and ${path} holds lines of a log, which no manifest names`, (end ?? 0) + 1);
  }
}

/** Files beside the log with names of segments. */
function unnamed(logPath: string, named: readonly SegmentEntry[]): string[] {
  const folder = dirname(logPath);
  const known = new Set(named.map(({ n }) => segmentPath(logPath, n)));
  const beside = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return beside.filter((path) => isSegmentOf(logPath, path) && !known.has(path));
}

function missing(what: string, offset: number): IntegrityError {
  return new IntegrityError("SEGMENT_MISSING", `${what}: a part of the log is not there`, {
    offset,
    hint: "take the missing file, or the manifest, from a backup; a log in segments is all of its files",
  });
}
