import type { DatabaseIntrospector, Dialect, Kysely, PostgresPoolClient, TableMetadata } from "kysely";
import type { QueryConfig } from "pg";
import type { PgSession } from "./pg-session.js";
import { statement } from "./statement.js";

const TABLES_OF_SCHEMA = statement(
  `SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`,
);

/**
 * A kysely whose statements all run on one borrowed connection, inside a transaction that is open already. Its own lock
 * for schema migrations is left out: it belongs to the session and not to the transaction.
 *
 * @param timeoutMs for the answer to one statement, also on a network that has fallen silent
 */
export async function kyselyInTransaction(
  session: PgSession,
  schema: string,
  timeoutMs: number,
): Promise<Kysely<unknown>> {
  const kysely = await import("kysely");
  class AdapterInTransaction extends kysely.PostgresAdapter {
    override get supportsTransactionalDdl(): boolean {
      return false;
    }
    override async acquireMigrationLock(): Promise<void> {}
    override async releaseMigrationLock(): Promise<void> {}
  }
  const dialect: Dialect = {
    createAdapter: () => new AdapterInTransaction(),
    createDriver: () => new kysely.PostgresDriver({ pool: async () => poolOf(session, timeoutMs) }),
    createIntrospector: () => introspectorOf(session, schema),
    createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
  };
  return new kysely.Kysely<unknown>({ dialect });
}

/**
 * Sees one schema, and its tables without their columns: all that the schema runner asks for. kysely's own looks at every
 * schema of the database, and fails where somebody drops one of them meanwhile (3F000, of a schema that is none of ours).
 */
function introspectorOf(session: PgSession, schema: string): DatabaseIntrospector {
  const getTables = async (): Promise<TableMetadata[]> => {
    const rows = await session.rows(TABLES_OF_SCHEMA, [schema]);
    return rows.map(([name]) => ({ name: name as string, schema, isView: false, columns: [] }));
  };
  return {
    // The caller makes it before anything else.
    getSchemas: async () => [{ name: schema }],
    getTables,
    getMetadata: async () => ({ tables: await getTables() }),
  };
}

/** kysely gives the connection back after each statement; it is lent for longer than that. */
function poolOf({ client }: PgSession, timeoutMs: number) {
  const lent = {
    query: (text: string, values: readonly unknown[]) =>
      client.query({ text, values: [...values], query_timeout: timeoutMs } as QueryConfig),
    release: () => undefined,
  };
  // The driver calls query with a text and values; the other form of its type is for cursors, which nobody asks for.
  return { connect: async () => lent as unknown as PostgresPoolClient, end: async () => undefined };
}
