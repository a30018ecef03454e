import { type Kysely, sql } from "kysely";

/**
 * The log as tables.
 *
 * `data` and `meta` are the canonical JSON texts that were hashed: never json or jsonb, which re-order keys, change
 * numbers and refuse `\u0000`. `data` and `salt` are null after redaction, and only then `data_hash` is not.
 * Places are not checked here: seal gives them and the chain proves them, and checks cost 3 % of an append (measured).
 * Triggers refuse UPDATE, DELETE and TRUNCATE on events: history is only ever appended to. The backend lifts them inside
 * one transaction for the two acts that must: cutting a log back and redaction.
 */
export async function createLogOnSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE events (
      "offset"    INTEGER PRIMARY KEY,
      "commit"    INTEGER NOT NULL,
      version     INTEGER NOT NULL,
      recorded_at TEXT NOT NULL,
      id          TEXT NOT NULL,
      stream      TEXT NOT NULL,
      type        TEXT NOT NULL,
      actor       TEXT NOT NULL,
      meta        TEXT NOT NULL,
      data        TEXT,
      salt        TEXT,
      data_hash   TEXT,
      hash        TEXT NOT NULL
    ) STRICT`.execute(db);
  await sql`CREATE UNIQUE INDEX events_id ON events (id)`.execute(db);
  await sql`CREATE UNIQUE INDEX events_stream_version ON events (stream, version)`.execute(db);
  await sql`
    CREATE TRIGGER events_no_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END`.execute(db);
  await sql`
    CREATE TRIGGER events_no_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END`.execute(db);
  await sql`CREATE TABLE sidecar (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID`.execute(db);
}

/** The connection's search_path must name the log's own schema first; nothing is created elsewhere. */
export async function createLogOnPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE events (
      "offset"    bigint PRIMARY KEY,
      "commit"    bigint NOT NULL,
      version     bigint NOT NULL,
      recorded_at text COLLATE "C" NOT NULL,
      id          text COLLATE "C" NOT NULL,
      stream      text COLLATE "C" NOT NULL,
      type        text COLLATE "C" NOT NULL,
      actor       text COLLATE "C" NOT NULL,
      meta        text NOT NULL,
      data        text,
      salt        text,
      data_hash   text,
      hash        text NOT NULL
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX events_id ON events (id)`.execute(db);
  await sql`CREATE UNIQUE INDEX events_stream_version ON events (stream, version)`.execute(db);
  // One row: the writers' lock and the tail. Offsets come from it, so they have no gaps and become visible in order.
  await sql`
    CREATE TABLE log_head (
      one         boolean PRIMARY KEY DEFAULT true CHECK (one),
      "offset"    bigint NOT NULL,
      hash        text NOT NULL,
      recorded_at text COLLATE "C" NOT NULL
    )`.execute(db);
  await sql`INSERT INTO log_head ("offset", hash, recorded_at) VALUES (0, repeat('0', 64), '')`.execute(db);
  await sql`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('sessiondb.allow_change', true) = 'on' THEN RETURN COALESCE(NEW, OLD); END IF;
      RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'restrict_violation';
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`CREATE TABLE sidecar (name text COLLATE "C" PRIMARY KEY, body text NOT NULL)`.execute(db);
}
