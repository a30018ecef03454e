import type { Dialect, Kysely, PostgresPoolClient } from "kysely";
import type { PgSession } from "./pg-session.js";

/**
 * A kysely whose statements all run on one borrowed connection, inside a transaction that is open already. Its own lock
 * for schema migrations is left out: it belongs to the session and not to the transaction.
 */
export async function kyselyInTransaction(session: PgSession): Promise<Kysely<unknown>> {
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
    createDriver: () => new kysely.PostgresDriver({ pool: async () => poolOf(session) }),
    createIntrospector: (db) => new kysely.PostgresIntrospector(db),
    createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
  };
  return new kysely.Kysely<unknown>({ dialect });
}

/** kysely gives the connection back after each statement; it is lent for longer than that. */
function poolOf({ client }: PgSession) {
  const lent = {
    query: (text: string, values: readonly unknown[]) => client.query(text, [...values]),
    release: () => undefined,
  };
  // The driver calls query with a text and values; the other form of its type is for cursors, which nobody asks for.
  return { connect: async () => lent as unknown as PostgresPoolClient, end: async () => undefined };
}
