import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.js";
import { LogFile } from "./log-file.js";

/**
 * Writes a file of a log, 0600 and synced, beside it, and gives it its name by one rename: the log's own, or that of a segment,
 * which it becomes when the manifest names it. One that a crash has left unfinished is written over by the next. The caller
 * holds the lock.
 *
 * @returns its size
 */
export async function writeFileOfLog(
  log: LogFile,
  name: string,
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
    renameSync(path, name);
    syncFolder(dirname(path));
    return bytes;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    target.close();
  }
}
