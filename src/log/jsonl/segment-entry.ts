import { existsSync } from "node:fs";

/**
 * A closed segment of a log, `x.jsonl.000001`: its lines are bytes of the log, and stay as they are. The log is its segments in
 * their order, and behind them `x.jsonl`, which alone grows.
 */
export interface SegmentEntry {
  /** The number in its name. Names are never used again while there is a file; their order means nothing. */
  readonly n: number;
  /** Offset of its first line. */
  readonly from: number;
  /** Offset of its last line, inclusive; the last one of its append. */
  readonly to: number;
  /** Size. */
  readonly bytes: number;
}

export function segmentPath(logPath: string, n: number): string {
  return `${logPath}.${String(n).padStart(6, "0")}`;
}

/** Whether a path has the name of a segment of this log. */
export function isSegmentOf(logPath: string, path: string): boolean {
  return path.startsWith(`${logPath}.`) && /^[0-9]{6,}$/.test(path.slice(logPath.length + 1));
}

/** Files that the manifest does not name are somebody else's. */
export function freeNumber(logPath: string, segments: readonly SegmentEntry[]): number {
  let n = segments.reduce((highest, one) => Math.max(highest, one.n), 0) + 1;
  while (existsSync(segmentPath(logPath, n))) n++;
  return n;
}

/** As the manifest names them. */
export function entriesOf(segments: readonly SegmentEntry[]): SegmentEntry[] {
  return segments.map(({ n, from, to, bytes }) => ({ n, from, to, bytes }));
}

const NUMBERS = ["n", "from", "to", "bytes"] as const;

/** Each behind the one before, none twice. */
export function areSegments(entries: unknown): entries is SegmentEntry[] {
  if (!Array.isArray(entries)) return false;
  let last: number | undefined;
  const numbers = new Set<number>();
  return entries.every((entry: Partial<SegmentEntry> | null) => {
    if (typeof entry !== "object" || entry === null) return false;
    if (!NUMBERS.every((name) => Number.isSafeInteger(entry[name]) && (entry[name] ?? 0) >= 1)) return false;
    const { n = 0, from = 0, to = 0 } = entry;
    const isNext = (last === undefined || from === last + 1) && to >= from && !numbers.has(n);
    last = to;
    numbers.add(n);
    return isNext;
  });
}
