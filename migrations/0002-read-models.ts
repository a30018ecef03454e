import { type Kysely, sql } from "kysely";

/**
 * The register of read models: which tables hold them, and how far they are. The tables themselves are made by whoever
 * reads first, from what a projection declares. `model` names a projection, its revision and its fields; `side` is `live`
 * for the tables that answer and `beside` for those of a rebuild. All of it may be deleted: the log makes it again.
 */
export async function createReadModelsOnSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE read_models (
      model        TEXT NOT NULL,
      side         TEXT NOT NULL,
      name         TEXT NOT NULL,
      revision     INTEGER NOT NULL,
      generation   INTEGER NOT NULL,
      "offset"     INTEGER NOT NULL,
      hash         TEXT NOT NULL,
      fault_offset INTEGER,
      fault_why    TEXT,
      PRIMARY KEY (model, side)
    ) STRICT, WITHOUT ROWID`.execute(db);
}

export async function createReadModelsOnPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE read_models (
      model        text COLLATE "C" NOT NULL,
      side         text COLLATE "C" NOT NULL,
      name         text COLLATE "C" NOT NULL,
      revision     integer NOT NULL,
      generation   integer NOT NULL,
      "offset"     bigint NOT NULL,
      hash         text NOT NULL,
      fault_offset bigint,
      fault_why    text,
      PRIMARY KEY (model, side)
    )`.execute(db);
}
