import { type Kysely, sql } from "kysely";

/**
 * What was taken out of `events` because it lies in an archive file, and what of it has to be known all the same: how far
 * its streams were, and which ids are taken. `archive` is the last offset of the archive that a row belongs to. Rows behind
 * the last archive are those of one that was not finished: they mean nothing, and the next one clears them away.
 *
 * Archived events, and no others, may be deleted from `events`.
 */
export async function createArchivesOnSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE archives (
      "to"        INTEGER PRIMARY KEY,
      "from"      INTEGER NOT NULL,
      before      TEXT NOT NULL,
      hash        TEXT NOT NULL,
      recorded_at TEXT NOT NULL,
      streams     INTEGER NOT NULL,
      file        TEXT NOT NULL,
      sha256      TEXT NOT NULL,
      bytes       INTEGER NOT NULL
    ) STRICT`.execute(db);
  await sql`
    CREATE TABLE archived_streams (
      stream  TEXT NOT NULL,
      archive INTEGER NOT NULL,
      version INTEGER NOT NULL,
      PRIMARY KEY (stream, archive)
    ) STRICT, WITHOUT ROWID`.execute(db);
  await sql`
    CREATE TABLE archived_ids (
      id       BLOB PRIMARY KEY,
      "offset" INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`.execute(db);
  await sql`DROP TRIGGER events_no_delete`.execute(db);
  await sql`
    CREATE TRIGGER events_no_delete BEFORE DELETE ON events
    WHEN OLD."offset" > (SELECT coalesce(max("to"), 0) FROM archives)
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END`.execute(db);
}
