import type { Kysely } from "kysely";
import { UsageError } from "../../../errors.js";
import { SCHEMA_TABLE, type SchemaStore } from "../schema/ensure-schema.js";
import { kyselyInTransaction } from "./connection/kysely-in-transaction.js";
import type { PgSession } from "./connection/pg-session.js";
import { statement, type Tables } from "./connection/statement.js";
import { commitWith, limit } from "./log-lock.js";
import type { PostgresLimits } from "./postgres-options.js";

/** Half of the key of the advisory lock; the other half is made of the schema's name. */
const LOCK_NAME = "sessiondb schema";

/**
 * One schema of Postgres for the schema runner. Everything happens in one transaction under an advisory lock that ends
 * with it: a lock of the session would stay with the server's connection behind a pooler, and then lock nobody out.
 */
export class PostgresSchema implements SchemaStore {
  readonly dialect = "postgres";
  readonly url: string;
  readonly schema: string;
  readonly #session: PgSession;
  readonly #limits: PostgresLimits;

  constructor(session: PgSession, url: string, tables: Tables, limits: PostgresLimits) {
    this.#session = session;
    this.url = url;
    this.schema = tables.schema;
    this.#limits = limits;
  }

  async readNames(): Promise<readonly string[] | null> {
    // Asked of the catalogue first: inside a transaction, reading a table that is not there would end it.
    const column = statement(
      `SELECT 1 FROM pg_catalog.pg_attribute
       WHERE attrelid = to_regclass($1) AND attname = 'name' AND NOT attisdropped`,
    );
    const migrations = `"${this.schema}".${SCHEMA_TABLE}`;
    if ((await this.#session.rows(column, [migrations])).length === 0) return null;
    const rows = await this.#session.rows(statement(`SELECT name::text FROM ${migrations} ORDER BY name`));
    return rows.map(([name]) => name as string);
  }

  async foreignTables(): Promise<readonly string[]> {
    const relations = statement(
      `SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`,
    );
    return (await this.#session.rows(relations, [this.schema])).map(([name]) => name as string);
  }

  async exclusively(change: (db: Kysely<unknown>) => Promise<void>): Promise<void> {
    const session = this.#session;
    const { idleInTransactionMs } = this.#limits;
    await this.#assertMayCreate();
    const timeoutMs = await this.#timeoutMs();
    await session.script(
      `BEGIN ISOLATION LEVEL READ COMMITTED;
       SELECT ${limit("lock_timeout", timeoutMs)}, ${limit("statement_timeout", timeoutMs)},
         ${limit("idle_in_transaction_session_timeout", idleInTransactionMs)},
         set_config('search_path', '"${this.schema}"', true);
       SELECT pg_advisory_xact_lock(hashtext('${LOCK_NAME}'), hashtext('${this.schema}'))`,
      timeoutMs,
    );
    if (!(await this.#exists())) await session.script(`CREATE SCHEMA "${this.schema}"`);
    await change(await kyselyInTransaction(session, this.schema, timeoutMs));
    await commitWith(() => session.script("COMMIT"));
  }

  /** Tables that hold events may take minutes to change; making empty ones takes no longer than any statement. */
  async #timeoutMs(): Promise<number> {
    return (await this.readNames()) === null ? this.#limits.statementTimeoutMs : this.#limits.bulkTimeoutMs;
  }

  /** Before anything is locked: a reader or writer of a log that an older program made has nothing to try here. */
  async #assertMayCreate(): Promise<void> {
    const mayCreate = statement(
      `SELECT has_schema_privilege(current_user, oid, 'CREATE'), current_user::text FROM pg_catalog.pg_namespace
       WHERE nspname = $1`,
    );
    const [row] = await this.#session.rows(mayCreate, [this.schema]);
    if (row === undefined || row[0] === true) return;
    const message = `${this.url}: the tables must be made or brought up to date, and the user ${row[1]} may not do that`;
    throw new UsageError("PERMISSION_DENIED", message, {
      hint: "let the owner of the schema make the log by a first append or an import; or, where it is of an older version, open it once: sessiondb status",
    });
  }

  /** Not CREATE SCHEMA IF NOT EXISTS: that wants the right to create one even where it is there. */
  async #exists(): Promise<boolean> {
    const found = statement("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1");
    return (await this.#session.rows(found, [this.schema])).length > 0;
  }
}
