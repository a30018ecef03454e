import type Database from "better-sqlite3";
import type { DatabaseIntrospector, Kysely } from "kysely";
import { SCHEMA_TABLE, type SchemaStore } from "../schema/ensure-schema.js";
import { retryWhileBusy } from "./busy-retry.js";
import { sqliteCode } from "./sqlite-errors.js";

/** One SQLite file for the schema runner. SQLite's DDL is transactional: a crash half-way leaves the old tables. */
export class SqliteSchema implements SchemaStore {
  readonly dialect = "sqlite";
  readonly url: string;
  readonly #db: Database.Database;
  readonly #limitMs: number;

  constructor(db: Database.Database, url: string, limitMs: number) {
    this.#db = db;
    this.url = url;
    this.#limitMs = limitMs;
  }

  async readNames(): Promise<readonly string[] | null> {
    return this.#retry(() => {
      try {
        return this.#db.prepare(`SELECT name FROM ${SCHEMA_TABLE} ORDER BY name`).pluck().all() as string[];
      } catch (error) {
        // No such table, or one without that column, as other migration tools make it.
        if (sqliteCode(error) === "SQLITE_ERROR") return null;
        throw error;
      }
    });
  }

  async foreignTables(): Promise<readonly string[]> {
    const tables =
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    return this.#retry(() => this.#db.prepare(`${tables} ORDER BY name`).pluck().all() as string[]);
  }

  async exclusively(change: (db: Kysely<unknown>) => Promise<void>): Promise<void> {
    const { Kysely, SqliteDialect } = await import("kysely");
    // EXCLUSIVE and not IMMEDIATE: the file is not in WAL mode yet, and there a reader could keep COMMIT from succeeding.
    await this.#retry(() => this.#db.exec("BEGIN EXCLUSIVE"));
    try {
      // kysely begins no transaction of its own around schema migrations on SQLite; so this one holds them all.
      const dialect = new SqliteDialect({ database: this.#db });
      dialect.createIntrospector = () => new TableNames(this.#db);
      await change(new Kysely<unknown>({ dialect }));
      this.#db.exec("COMMIT");
    } finally {
      if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
    }
  }

  #retry<T>(act: () => T): Promise<T> {
    return retryWhileBusy(this.#limitMs, act);
  }
}

/**
 * Which tables there are, and nothing of their columns, which is all that the Migrator asks. kysely's own introspector asks
 * SQLite for the columns of every view, and fails where the table of one is gone: a redaction throws read models away, and
 * people make views of their own over them.
 */
class TableNames implements DatabaseIntrospector {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  async getSchemas(): Promise<[]> {
    return [];
  }

  async getTables(): ReturnType<DatabaseIntrospector["getTables"]> {
    const names = this.#db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    return names.map((name) => ({ name, isView: false, columns: [] }));
  }

  async getMetadata(): ReturnType<DatabaseIntrospector["getMetadata"]> {
    return { tables: await this.getTables() };
  }
}
