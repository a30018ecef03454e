import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes a new name in a folder last: without it the file itself may be gone after a loss of power. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // folders cannot be opened there, and need not be
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some file systems cannot sync a folder, and say so with EINVAL; then there is nothing more to be had.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    closeSync(fd);
  }
}
