import type { Migration } from "kysely";

export type SqlDialect = "sqlite" | "postgres";

interface SchemaMigration {
  readonly name: string;
  /** Loaded only when it is to be run: it needs kysely, which takes longer to load than most commands to run. */
  load(): Promise<Record<SqlDialect, Migration["up"]>>;
}

/**
 * All schema migrations, oldest first. One that has landed is never edited: a change is a new entry, here and in a file
 * of its own. The names are recorded in the database (table schema_migrations).
 */
const SCHEMA_MIGRATIONS: readonly SchemaMigration[] = [
  {
    name: "0001-log",
    load: async () => {
      const { createLogOnPostgres, createLogOnSqlite } = await import("./0001-log.js");
      return { sqlite: createLogOnSqlite, postgres: createLogOnPostgres };
    },
  },
  {
    name: "0002-read-models",
    load: async () => {
      const { createReadModelsOnPostgres, createReadModelsOnSqlite } = await import("./0002-read-models.js");
      return { sqlite: createReadModelsOnSqlite, postgres: createReadModelsOnPostgres };
    },
  },
];

/** The names that a database of this version has, in order. */
export const SCHEMA_MIGRATION_NAMES: readonly string[] = SCHEMA_MIGRATIONS.map(({ name }) => name);

/** For kysely's Migrator. */
export async function schemaMigrations(dialect: SqlDialect): Promise<Record<string, Migration>> {
  const loaded = SCHEMA_MIGRATIONS.map(async ({ name, load }) => [name, { up: (await load())[dialect] }] as const);
  return Object.fromEntries(await Promise.all(loaded));
}
