import type { Kysely, Migration } from "kysely";

export type SqlDialect = "sqlite" | "postgres";

type Change = (db: Kysely<unknown>) => Promise<void>;

interface SchemaMigration {
  readonly name: string;
  /** A dialect that has nothing to change does not record it, so that older programs still open such a database. */
  readonly dialects: readonly SqlDialect[];
  /** Loaded only when it is to be run: it needs kysely, which takes longer to load than most commands to run. */
  load(dialect: SqlDialect): Promise<Change>;
}

/**
 * All schema migrations, oldest first. One that has landed is never edited: a change is a new entry, here and in a file
 * of its own. The names are recorded in the database (table schema_migrations).
 */
const SCHEMA_MIGRATIONS: readonly SchemaMigration[] = [
  {
    name: "0001-log",
    dialects: ["sqlite", "postgres"],
    load: async (dialect) => {
      const { createLogOnPostgres, createLogOnSqlite } = await import("./0001-log.js");
      return dialect === "sqlite" ? createLogOnSqlite : createLogOnPostgres;
    },
  },
  {
    name: "0002-read-models",
    dialects: ["sqlite", "postgres"],
    load: async (dialect) => {
      const { createReadModelsOnPostgres, createReadModelsOnSqlite } = await import("./0002-read-models.js");
      return dialect === "sqlite" ? createReadModelsOnSqlite : createReadModelsOnPostgres;
    },
  },
  {
    name: "0003-no-head",
    dialects: ["postgres"],
    load: async () => (await import("./0003-no-head.js")).dropHeadOnPostgres,
  },
  {
    name: "0004-archives",
    dialects: ["sqlite"],
    load: async () => (await import("./0004-archives.js")).createArchivesOnSqlite,
  },
  {
    name: "0005-archives-on-postgres",
    dialects: ["postgres"],
    load: async () => (await import("./0005-archives-on-postgres.js")).createArchivesOnPostgres,
  },
  {
    name: "0006-contended-append",
    dialects: ["postgres"],
    load: async () => (await import("./0006-contended-append.js")).createContendedAppendOnPostgres,
  },
  {
    name: "0007-confirmed-append",
    dialects: ["postgres"],
    load: async () => (await import("./0007-confirmed-append.js")).confirmServedAppendsOnPostgres,
  },
  {
    name: "0008-claims",
    dialects: ["postgres"],
    load: async () => (await import("./0008-claims.js")).createClaimsOnPostgres,
  },
  {
    name: "0009-lighter-append",
    dialects: ["postgres"],
    load: async () => (await import("./0009-lighter-append.js")).lightenContendedAppendOnPostgres,
  },
];

/** The names that a database of this version has, in order. */
export function schemaMigrationNames(dialect: SqlDialect): readonly string[] {
  return migrationsOf(dialect).map(({ name }) => name);
}

/** For kysely's Migrator. */
export async function schemaMigrations(dialect: SqlDialect): Promise<Record<string, Migration>> {
  const loaded = migrationsOf(dialect).map(async ({ name, load }) => [name, { up: await load(dialect) }] as const);
  return Object.fromEntries(await Promise.all(loaded));
}

function migrationsOf(dialect: SqlDialect): readonly SchemaMigration[] {
  return SCHEMA_MIGRATIONS.filter(({ dialects }) => dialects.includes(dialect));
}
