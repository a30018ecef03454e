import type Database from "better-sqlite3";

interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/**
 * Lifts the triggers that refuse UPDATE and DELETE on events while `change` runs, inside the transaction of the caller:
 * either the change and the restored triggers are committed together, or neither is. Their text is read from the
 * database, so the schema migrations stay the only place where it is written.
 */
export function withoutAppendGuardLocked(db: Database.Database, change: () => void): void {
  const triggers = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'events'")
    .all() as Trigger[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER "${name.replaceAll('"', '""')}"`);
  change();
  for (const { sql } of triggers) db.exec(sql);
}
