import { writeSync } from "node:fs";

/**
 * Writes all of `bytes` to a file that nobody else writes to. A disk that becomes full takes a part and reports no error;
 * the next write does.
 */
export function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(fd, bytes, done);
    // Zero would loop for ever; the system means "no room" by it.
    if (written === 0) throw Object.assign(new Error("no byte could be written"), { code: "ENOSPC" });
    done += written;
  }
}
