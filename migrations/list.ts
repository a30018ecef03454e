import type { Migration } from "kysely";
import { createLogOnPostgres, createLogOnSqlite } from "./0001-log.js";

export type SqlDialect = "sqlite" | "postgres";

/**
 * All schema migrations, oldest first. One that has landed is never edited: a change is a new entry, here and in a file
 * of its own. The names are recorded in the database (table schema_migrations).
 */
const SCHEMA_MIGRATIONS: ReadonlyArray<{ name: string } & Record<SqlDialect, Migration["up"]>> = [
  {
    name: "0001-log",
    sqlite: createLogOnSqlite,
    postgres: createLogOnPostgres,
  },
];

/** The names that a database of this version has, in order. */
export const SCHEMA_MIGRATION_NAMES: readonly string[] = SCHEMA_MIGRATIONS.map(({ name }) => name);

/** For kysely's Migrator. */
export function schemaMigrations(dialect: SqlDialect): Record<string, Migration> {
  return Object.fromEntries(SCHEMA_MIGRATIONS.map((migration) => [migration.name, { up: migration[dialect] }]));
}
