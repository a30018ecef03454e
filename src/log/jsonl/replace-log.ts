import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.js";
import { LogFile } from "./log-file.js";

const MODE_BITS = 0o777;

/**
 * Puts a new file, synced and with the same mode, in the place of the log, by one rename: a crash leaves the old log or the
 * new one. A new file that a crash has left unfinished is written over by the next. The caller holds the lock.
 *
 * @param fill writes what the new file holds
 */
export async function replaceLogLocked(file: LogFile, fill: (target: LogFile) => Promise<void>): Promise<void> {
  const path = `${file.path}.rewriting`;
  rmSync(path, { force: true });
  const target = new LogFile(path, file.calls);
  try {
    target.openForWriting();
    chmodSync(path, statSync(file.path).mode & MODE_BITS);
    await fill(target);
    await target.sync();
    renameSync(path, file.path);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    target.close();
  }
  syncFolder(dirname(file.path));
}
