import type { LogFile } from "./log-file.js";

/**
 * A write is synced at least this often, so a loss of power can only touch so many bytes at the end of the file. A line
 * that is longer is written and synced alone.
 */
export const MAX_UNSYNCED_BYTES = 1536 * 1024;

/** The least that a disk writes as a whole. */
const SECTOR_BYTES = 512;
const NEWLINE = 0x0a;

/**
 * A loss of power keeps any of the pages that were written since the last sync and loses the others, also those in the
 * middle: they read as zeros. No event holds a NUL byte, because JSON escapes it, so a run of them that begins where a
 * write may have begun (a sector, or behind a line) and ends with a sector or the file was never synced. Shorter runs are
 * damage, which is somebody else's to report.
 *
 * @param from what stands before it is known to be whole
 * @returns the position of the first lost byte; `size` where nothing is lost
 */
export async function firstLostByte(file: LogFile, from: number, size: number): Promise<number> {
  const start = Math.max(from, size - MAX_UNSYNCED_BYTES);
  if (start >= size) return size;
  const bytes = await file.read(start, size - start);
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at)) {
    const begin = at;
    while (at < bytes.length && bytes[at] === 0) at++;
    const mayBegin = begin === 0 || (start + begin) % SECTOR_BYTES === 0 || bytes[begin - 1] === NEWLINE;
    if (mayBegin && (at === bytes.length || (start + at) % SECTOR_BYTES === 0)) return start + begin;
  }
  return size;
}
