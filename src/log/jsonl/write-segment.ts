import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.js";
import { LogFile } from "./log-file.js";
import { segmentPath } from "./segment-entry.js";

/**
 * Writes a file that is to become a segment, 0600 and synced; it is none before the manifest names it. The caller holds the lock.
 *
 * @returns its size
 */
export async function writeSegment(
  log: LogFile,
  n: number,
  fill: (target: LogFile) => Promise<unknown>,
): Promise<number> {
  const path = `${log.path}.rewriting`;
  rmSync(path, { force: true });
  const target = new LogFile(path, log.calls);
  try {
    target.openForWriting();
    await fill(target);
    await target.sync();
    const bytes = target.size();
    renameSync(path, segmentPath(log.path, n));
    syncFolder(dirname(path));
    return bytes;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    target.close();
  }
}
