import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.js";
import { writeWhole } from "../write-whole.js";
import type { LogFile } from "./log-file.js";

/** What was cut off and where it was kept. */
export interface TornTail {
  readonly bytes: number;
  /** Position in the log at which the torn bytes began. */
  readonly position: number;
  readonly savedAs: string;
}

const COPY_BYTES = 1024 * 1024;

/**
 * Moves everything from `wholeBytes` on out of the log and into a file beside it, in this order: copy, sync the copy, cut
 * the log, sync the log. A crash in between leaves the bytes in both places, never in none. The caller holds the lock.
 */
export async function moveTornTailLocked(file: LogFile, wholeBytes: number, now: Date): Promise<TornTail> {
  const bytes = file.size() - wholeBytes;
  const savedAs = await saveBytes(file, wholeBytes, bytes, now);
  file.truncate(wholeBytes);
  await file.sync();
  return { bytes, position: wholeBytes, savedAs };
}

/** Copies a part of the log to `<log>.torn-<position>-<time>`, 0600, synced. @returns its path */
export async function saveBytes(file: LogFile, position: number, length: number, now: Date): Promise<string> {
  const { path, fd } = createBeside(`${file.path}.torn-${position}-${now.toISOString().replace(/[-:]|\.\d+/g, "")}`);
  try {
    for (let done = 0; done < length; done += COPY_BYTES) {
      writeWhole(fd, await file.read(position + done, Math.min(COPY_BYTES, length - done)));
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncFolder(dirname(path));
  return path;
}

/** Never overwrites: what an earlier crash left is kept too. */
function createBeside(wanted: string): { path: string; fd: number } {
  for (let n = 0; ; n++) {
    const path = n === 0 ? wanted : `${wanted}-${n}`;
    try {
      return { path, fd: openSync(path, "wx", 0o600) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
