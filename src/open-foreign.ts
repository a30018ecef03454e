import { statSync } from "node:fs";
import { expandPath } from "./config/paths.js";
import { SessionDbError } from "./errors.js";
import { readMinskyJson } from "./import/minsky-json.js";
import type { MinskySource } from "./import/minsky-source.js";
import { readMinskyTable } from "./import/minsky-table.js";
import type { ForeignDatabase } from "./log/foreign-database.js";

/** A SQLite file of another program, only to read. The driver loads here. @throws as ForeignSqlite.open */
async function openForeignSqlite(path: string): Promise<ForeignDatabase> {
  const { ForeignSqlite } = await import("./log/sql/foreign/foreign-sqlite.js");
  return ForeignSqlite.open(expandPath(path));
}

/** A Postgres database of another program, only to read; `?schema=` names a schema. @throws as ForeignPostgres.open */
async function openForeignPostgres(url: string): Promise<ForeignDatabase> {
  const { ForeignPostgres } = await import("./log/sql/foreign/foreign-postgres.js");
  return ForeignPostgres.open(url);
}

/**
 * Reads the sessions of Minsky's SQLite database. It is opened only to read, with its WAL file, also while Minsky writes:
 * what is read is of one instant. Some versions wrote JSON text, or nothing, into a file of this name: that is read, too.
 *
 * @throws as openForeignSqlite and readMinskyTable; nothing was taken from it
 */
export async function readMinskySqlite(path: string): Promise<MinskySource> {
  try {
    return await readAndClose(await openForeignSqlite(path), readMinskyTable);
  } catch (error) {
    const json = isNoDatabase(error, path) ? await readMinskyJson(expandPath(path)).catch(() => undefined) : undefined;
    if (json === undefined) throw error;
    return { ...json, remarks: ["it is no database but JSON text", ...json.remarks] };
  }
}

/** SQLite takes an empty file for a database without tables. */
function isNoDatabase(error: unknown, path: string): boolean {
  if (!(error instanceof SessionDbError)) return false;
  if (error.code === "NOT_A_DATABASE") return true;
  return error.code === "IMPORT_LAYOUT_UNKNOWN" && statSync(expandPath(path)).size === 0;
}

/** As {@link readMinskySqlite}, of its Postgres database. `?schema=` says where the table lies. */
export async function readMinskyPostgres(url: string): Promise<MinskySource> {
  return readAndClose(await openForeignPostgres(url), readMinskyTable);
}

async function readAndClose<T>(database: ForeignDatabase, read: (database: ForeignDatabase) => Promise<T>): Promise<T> {
  try {
    return await read(database);
  } finally {
    await database.close();
  }
}
