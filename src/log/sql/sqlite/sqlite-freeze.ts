import type Database from "better-sqlite3";
import { MovedError } from "../../../errors.js";
import { sqliteCode } from "./sqlite-errors.js";

const TRIGGER = "events_moved";
const MARK = "this log has moved to ";

/**
 * A frozen log has one more trigger, which refuses INSERT with the new address as its message: whoever has the file open
 * meets it in his next transaction, and a log that is not frozen pays nothing.
 */
export function freezeLocked(db: Database.Database, movedTo: string): void {
  const message = `${MARK}${movedTo}`.replaceAll("'", "''");
  db.exec(`CREATE TRIGGER ${TRIGGER} BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, '${message}'); END`);
}

export function thawLocked(db: Database.Database): void {
  db.exec(`DROP TRIGGER IF EXISTS ${TRIGGER}`);
}

/** The address that the log is frozen for. */
export function frozenFor(db: Database.Database): string | null {
  const sql = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?").pluck().get(TRIGGER);
  if (typeof sql !== "string") return null;
  const quoted = sql.slice(sql.indexOf(MARK) + MARK.length, sql.lastIndexOf("'"));
  return quoted.replaceAll("''", "'");
}

/** What the trigger says, as our own error; any other error as it is. */
export function translateMoved(error: unknown, url: string): unknown {
  if (sqliteCode(error) !== "SQLITE_CONSTRAINT_TRIGGER") return error;
  const { message } = error as Error;
  return message.startsWith(MARK) ? new MovedError(url, message.slice(MARK.length), { cause: error }) : error;
}
