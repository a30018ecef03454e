import { setTimeout as pause } from "node:timers/promises";
import type Database from "better-sqlite3";
import { UnavailableError } from "../../../errors.js";
import type { RunOnLog } from "./run-on-log.js";

/** Between two attempts to empty the -wal file. */
const WAL_PAUSE_MS = 10;

/**
 * Cleans the file of what was erased from its tables. That is gone from the log already: what others keep from being
 * cleaned, for `limitMs`, is told and no failure.
 *
 * @returns what remains and how to clean it; empty where nothing does
 */
export async function purge(db: Database.Database, run: RunOnLog, limitMs: number): Promise<string[]> {
  try {
    await run("redact", () => vacuum(db));
    const end = performance.now() + limitMs;
    while (!(await run("redact", () => emptyWal(db)))) {
      if (performance.now() > end) throw new UnavailableError("LOG_LOCKED", "readers hold it");
      await pause(WAL_PAUSE_MS);
    }
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const command = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
    return [`free pages of the file and its -wal file, which could not be cleaned (${why}): run ${command} in SQLite`];
  }
}

/** Writes the database anew without its free pages, which still hold what was erased. */
function vacuum(db: Database.Database): void {
  db.exec("VACUUM");
}

/** Empties the -wal file, which still holds it, too. @returns false where readers keep it from that, for now */
function emptyWal(db: Database.Database): boolean {
  const [state] = db.pragma("wal_checkpoint(TRUNCATE)") as { readonly busy: number }[];
  return state?.busy === 0;
}
