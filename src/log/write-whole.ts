import { writeSync } from "node:fs";

/**
 * Writes all of `bytes` to a file that nobody else writes to. A disk that becomes full takes a part and reports no error;
 * the next write does.
 *
 * @param at the byte of the file to begin at; default where the last write ended
 */
export function writeWhole(fd: number, bytes: Buffer, at?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(fd, bytes, done, bytes.length - done, at === undefined ? null : at + done);
    // Zero would loop for ever; the system means "no room" by it.
    if (written === 0) throw Object.assign(new Error("no byte could be written"), { code: "ENOSPC", syscall: "write" });
    done += written;
  }
}
