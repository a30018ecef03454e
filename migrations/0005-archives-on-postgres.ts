import { type Kysely, sql } from "kysely";

/**
 * Postgres: what was taken out of `events` because it lies in an archive file, as 0004 has it for SQLite. Rows behind the last
 * archive are those of one that was not finished: they mean nothing, and the next one clears them away.
 *
 * `events_archived` keeps every program, also one that had the log open before, from writing what is archived a second time:
 * its offset, the first version of its stream, its id. It says what the unique indexes would have said, so that whoever meets
 * it looks under the lock, and learns of the archive there. It is switched on by the first archive and off when the last one
 * was put back: a log that has none pays nothing for it.
 */
export async function createArchivesOnPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE archives (
      "to"        bigint PRIMARY KEY,
      "from"      bigint NOT NULL,
      before      text NOT NULL,
      hash        text NOT NULL,
      recorded_at text COLLATE "C" NOT NULL,
      streams     bigint NOT NULL,
      file        text NOT NULL,
      sha256      text NOT NULL,
      bytes       bigint NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE archived_streams (
      stream  text COLLATE "C" NOT NULL,
      archive bigint NOT NULL,
      version bigint NOT NULL,
      PRIMARY KEY (stream, archive)
    )`.execute(db);
  await sql`CREATE TABLE archived_ids (id uuid PRIMARY KEY, "offset" bigint NOT NULL)`.execute(db);
  await createGuard(db);
}

/** The schema stands in its text: whoever inserts may have any search_path. */
async function createGuard(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ schema: string }>`SELECT current_schema() AS schema`.execute(db);
  const table = (name: string) => sql.id(rows[0]?.schema ?? "", name);
  await sql`
    CREATE FUNCTION refuse_archived() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last bigint;
    BEGIN
      IF current_setting('sessiondb.allow_change', true) = 'on' THEN RETURN NEW; END IF;
      SELECT coalesce(max("to"), 0) INTO last FROM ${table("archives")};
      IF NEW."offset" <= last
        OR NEW.version = 1 AND EXISTS (
          SELECT FROM ${table("archived_streams")} s WHERE s.stream = NEW.stream AND s.archive <= last)
        OR EXISTS (SELECT FROM ${table("archived_ids")} i WHERE i.id = NEW.id::uuid AND i."offset" <= last)
      THEN
        RAISE unique_violation USING MESSAGE = 'the event is archived';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER events_archived BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_archived()`.execute(db);
  await sql`ALTER TABLE events DISABLE TRIGGER events_archived`.execute(db);
}
