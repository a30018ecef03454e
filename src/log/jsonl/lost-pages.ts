import { decodeLine } from "../event-line.js";
import type { LogFile } from "./log-file.js";

/**
 * A write is synced at least this often, so a loss of power can only touch so many bytes at the end of the file. A line
 * that is longer is written and synced alone.
 */
export const MAX_UNSYNCED_BYTES = 1536 * 1024;

/** The least that a disk writes as a whole. */
const SECTOR_BYTES = 512;
const NEWLINE = 0x0a;
/** At the beginning of a line, before anything that somebody else has named. */
const TIME = /^\{"v":1,"offset":\d+,"commit":\d+,"version":\d+,"recordedAt":"([^"]{24})"/;

/**
 * A loss of power keeps any of the pages that were written since the last sync and loses the others, also those in the
 * middle: they read as zeros. No event holds a NUL byte, because JSON escapes it, so a run of them that begins where a
 * write may have begun (a sector, or behind a line) and ends with a sector or the file was never synced, if what follows
 * it is of one write: events that are sealed together have one time. Anything else is damage, which is somebody else's
 * to report.
 *
 * @param from what stands before it is known to be whole
 * @returns the position of the first lost byte; `size` where nothing is lost
 */
export async function firstLostByte(file: LogFile, from: number, size: number): Promise<number> {
  const own = file.segments.bytes; // what is before that was synced long ago
  const start = Math.max(from, size - MAX_UNSYNCED_BYTES, own);
  if (start >= size) return size;
  const bytes = await file.read(start, size - start);
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at)) {
    const begin = at;
    while (at < bytes.length && bytes[at] === 0) at++;
    const mayBegin = begin === 0 || (start - own + begin) % SECTOR_BYTES === 0 || bytes[begin - 1] === NEWLINE;
    const mayEnd = at === bytes.length || (start - own + at) % SECTOR_BYTES === 0;
    if (mayBegin && mayEnd && isOneWrite(bytes, begin, at)) return start + begin;
  }
  return size;
}

/** Whether the events that the bytes from `begin` to `end` were a part of have one time, as far as it can be read. */
function isOneWrite(bytes: Buffer, begin: number, end: number): boolean {
  const lineStart = begin === 0 ? 0 : bytes.lastIndexOf(NEWLINE, begin - 1) + 1;
  let time = TIME.exec(bytes.toString("latin1", lineStart, begin))?.[1];
  for (let at = bytes.indexOf(NEWLINE, end) + 1; at > 0; ) {
    const next = bytes.indexOf(NEWLINE, at);
    if (next < 0) break;
    const recordedAt = timeOf(bytes.subarray(at, next));
    if (recordedAt !== undefined && time !== undefined && recordedAt !== time) return false;
    time ??= recordedAt;
    at = next + 1;
  }
  return true;
}

function timeOf(line: Buffer): string | undefined {
  try {
    return line.includes(0) ? undefined : decodeLine(line.toString()).recordedAt;
  } catch {
    return undefined; // it has lost something too
  }
}
