import type { Kysely } from "kysely";
import { type SqlDialect, schemaMigrationNames, schemaMigrations } from "../../../../migrations/list.js";
import { UsageError } from "../../../errors.js";
import type { SchemaFacts } from "../../store-exam.js";

export const SCHEMA_TABLE = "schema_migrations";
export const SCHEMA_LOCK_TABLE = "schema_migrations_lock";

/** What the schema runner needs of one opened database. Each backend translates its own driver's errors. */
export interface SchemaStore {
  readonly dialect: SqlDialect;
  /** The address without secrets, for messages. */
  readonly url: string;
  /** The schema of Postgres that everything stands in; undefined for SQLite. */
  readonly schema?: string | undefined;
  /** The names recorded in schema_migrations; null where there is no such table, or one of another program. */
  readNames(): Promise<readonly string[] | null>;
  /** Every table and view that stands where the log's would be created. Asked only where readNames gave null. */
  foreignTables(): Promise<readonly string[]>;
  /**
   * Runs `change` while nobody else can change the schema, and undoes all of it where it throws. readNames and
   * foreignTables are called inside, too, and must answer from inside the lock.
   */
  exclusively(change: (db: Kysely<unknown>) => Promise<void>): Promise<void>;
}

/**
 * Brings the tables up to this program's version; running it twice, or from several processes at once, does the work
 * once. Where there is nothing to do, kysely is not even loaded (134 ms of start-up, measured): one SELECT decides.
 *
 * @throws UsageError NOT_A_SESSION_LOG the database belongs to something else; SCHEMA_NEWER a newer program wrote it.
 *   Nothing was changed in either case.
 */
export async function ensureSchema(store: SchemaStore): Promise<void> {
  if (!(await isBehind(store))) return;
  const { Migrator } = await import("kysely");
  await store.exclusively(async (db) => {
    // Somebody else may have done it, or have put other tables there, while we waited for the lock.
    if (!(await isBehind(store))) return;
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => schemaMigrations(store.dialect) },
      migrationTableName: SCHEMA_TABLE,
      migrationLockTableName: SCHEMA_LOCK_TABLE,
      ...(store.schema === undefined ? {} : { migrationTableSchema: store.schema }),
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}

/**
 * For those who only look: nothing is brought up to date.
 *
 * @returns false where there is no log (yet)
 * @throws UsageError NOT_A_SESSION_LOG, SCHEMA_NEWER
 */
export async function assertReadable(store: SchemaStore): Promise<boolean> {
  await isBehind(store);
  return ((await store.readNames()) ?? []).length > 0;
}

/** What is there, also where it belongs to a newer program or to none of ours. */
export async function schemaFacts(store: SchemaStore): Promise<SchemaFacts> {
  const applied = (await store.readNames()) ?? [];
  return { applied, missing: schemaMigrationNames(store.dialect).filter((name) => !applied.includes(name)) };
}

async function isBehind(store: SchemaStore): Promise<boolean> {
  const names = await store.readNames();
  if (names !== null) return assertKnown(store, names);
  const foreign = await store.foreignTables();
  if (foreign.length === 0) return true;
  // Between the two looks another process may have made the log's own tables.
  const made = await store.readNames();
  if (made === null) throw notASessionLog(store, foreign);
  return assertKnown(store, made);
}

/** @returns whether migrations of this program are missing in the database */
function assertKnown(store: SchemaStore, names: readonly string[]): boolean {
  const known = schemaMigrationNames(store.dialect);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 && unknown.length === names.length) throw notASessionLog(store, [SCHEMA_TABLE]);
  if (unknown.length > 0) {
    const message = `${store.url} was written by a newer sessiondb (schema ${unknown.join(", ")})`;
    throw new UsageError("SCHEMA_NEWER", message, {
      hint: "upgrade sessiondb: npm install sessiondb@latest; nothing was changed",
    });
  }
  return names.length < known.length;
}

function notASessionLog(store: SchemaStore, tables: readonly string[]): UsageError {
  const shown = tables.slice(0, 5).join(", ");
  const message = `${store.url} holds the tables of something else (${shown}${tables.length > 5 ? ", …" : ""})`;
  const hint =
    store.dialect === "sqlite"
      ? "name another file; to take over the sessions of this one: sessiondb import minsky-sqlite FILE --store URL"
      : "name another schema with ?schema=; to take over the sessions of this one: sessiondb import minsky-postgres URL --store URL";
  return new UsageError("NOT_A_SESSION_LOG", message, { hint });
}
