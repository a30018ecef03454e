import { statSync } from "node:fs";
import { basename } from "node:path";
import Database from "better-sqlite3";
import { type SessionDbError, UsageError } from "../../../errors.js";
import { fileErrorText } from "../../../files/file-error-text.js";
import { sourceUnreadable } from "../../../files/source-unreadable.js";
import {
  type ForeignDatabase,
  type ForeignRow,
  type ForeignTable,
  type ForeignValue,
  foreignRowBytes,
  MAX_FOREIGN_PAGE_BYTES,
  MAX_FOREIGN_PAGE_ROWS,
} from "../../foreign-database.js";
import { shellWord } from "../../shell-word.js";
import { DRIVER_BUSY_MS, retryWhileBusy } from "../sqlite/busy-retry.js";
import { assertDriver } from "../sqlite/file/assert-driver.js";
import { sqliteCode, translateError } from "../sqlite/sqlite-errors.js";

/** How long to wait for a program that has locked its database whole. */
export const FOREIGN_LOCK_LIMIT_MS = 5_000;

const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`;

/**
 * A SQLite file of another program. The connection cannot write. A database in WAL mode is read with its `-wal` file,
 * beside which SQLite needs an index (`-shm`): where both are missing it makes them, and they stay, empty, until the
 * database's own program closes it. The file is never opened but by SQLite: closing another descriptor of it would drop
 * the locks that this process may hold on it.
 */
export class ForeignSqlite implements ForeignDatabase {
  readonly url: string;
  readonly timeZone = "UTC";
  readonly #db: Database.Database;

  private constructor(db: Database.Database, url: string) {
    this.#db = db;
    this.url = url;
  }

  /**
   * @throws UsageError NOT_A_DATABASE, DRIVER_UNUSABLE; UnavailableError LOG_LOCKED
   * @throws NotFoundError IMPORT_NOT_FOUND; StorageError IMPORT_UNREADABLE: it is damaged, or cannot be read
   */
  static async open(path: string, lockLimitMs = FOREIGN_LOCK_LIMIT_MS): Promise<ForeignSqlite> {
    assertOrdinary(path);
    assertDriver(path);
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { readonly: true, fileMustExist: true, timeout: DRIVER_BUSY_MS });
      await beginReading(db, lockLimitMs);
      return new ForeignSqlite(db, path);
    } catch (error) {
      db?.close();
      throw foreignError(error, path);
    }
  }

  async tableNames(): Promise<readonly string[]> {
    return this.#read(() => this.#db.prepare(TABLES).pluck().all() as string[]);
  }

  async table(names: readonly string[]): Promise<ForeignTable | undefined> {
    const there = await this.tableNames();
    const lower = names.map((name) => name.toLowerCase());
    const name = there.find((one) => lower.includes(one.toLowerCase()));
    if (name === undefined) return undefined;
    return this.#read(() => {
      // ROWID order is the order of insertion; a table without row ids gives that of its key.
      const rows = this.#db.prepare(`SELECT * FROM ${quoted(name)}`);
      const columns = rows.columns().map((column) => ({ name: column.name, type: (column.type ?? "").toLowerCase() }));
      return { name, columns, pages: () => this.#pages(rows) };
    });
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  async *#pages(statement: Database.Statement): AsyncGenerator<readonly ForeignRow[], void, undefined> {
    try {
      let page: ForeignRow[] = [];
      let bytes = 0;
      for (const raw of statement.raw().safeIntegers().iterate()) {
        const row = (raw as unknown[]).map(foreignValue);
        page.push(row);
        bytes += foreignRowBytes(row);
        if (page.length < MAX_FOREIGN_PAGE_ROWS && bytes < MAX_FOREIGN_PAGE_BYTES) continue;
        yield page;
        page = [];
        bytes = 0;
      }
      if (page.length > 0) yield page;
    } catch (error) {
      throw foreignError(error, this.url);
    }
  }

  #read<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw foreignError(error, this.url);
    }
  }
}

/** Rows that break a rule of their table can be read all the same. */
const HARMLESS = /^(ok$|[A-Z]+ value in |CHECK constraint failed in |non-unique entry )/;

/** From here on everything is of one instant; a damaged file is refused before a part of it is taken for the whole. */
async function beginReading(db: Database.Database, lockLimitMs: number): Promise<void> {
  // The schema is somebody else's: no function that it calls may do anything.
  db.pragma("trusted_schema = OFF");
  db.exec("BEGIN");
  const found = await retryWhileBusy(lockLimitMs, () => db.pragma("quick_check") as { quick_check: string }[]);
  const fault = found.find(({ quick_check }) => !HARMLESS.test(quick_check));
  if (fault !== undefined) throw new DamagedFile(fault.quick_check.slice(0, 200));
}

/** A whole number as a number where that is exact: here every column may hold values of any type. */
function foreignValue(value: unknown): ForeignValue {
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : (value as ForeignValue);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQLite would wait for whoever writes into a pipe, and takes a device for a database without tables. */
function assertOrdinary(path: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
  } catch (error) {
    throw unreadable(path, fileErrorText(error), "check the path", error);
  }
  if (!isFile) throw unreadable(path, "it is no ordinary file", "name the file of the database", undefined);
}

class DamagedFile extends Error {}

function foreignError(error: unknown, path: string): unknown {
  const code = sqliteCode(error) ?? "";
  const message = error instanceof Error ? error.message : "";
  if (error instanceof DamagedFile || code.startsWith("SQLITE_CORRUPT")) {
    const hint = `mend a copy of it, and import that: sqlite3 ${shellWord(path)} .recover | sqlite3 mended.db`;
    return unreadable(path, `it is damaged (${message})`, hint, error);
  }
  if (code.startsWith("SQLITE_NOTADB")) {
    const hint =
      "check the path; of an encrypted database name a copy that is not; JSON: sessiondb import minsky-json FILE";
    return new UsageError("NOT_A_DATABASE", `${path} is not a SQLite database; it was not touched`, {
      hint,
      cause: error,
    });
  }
  if (code === "SQLITE_READONLY_ROLLBACK") {
    const files = `${shellWord(path)} ${shellWord(`${path}-journal`)}`;
    const hint = `copy both files (cp ${files} FOLDER), mend the copy (sqlite3 FOLDER/${shellWord(basename(path))} .schema), import it`;
    return unreadable(path, "its program ended in mid-write, and what is half written is still in it", hint, error);
  }
  if (/^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(code)) {
    const hint = "check the path and the rights; or copy it with its -wal file into a folder that you can write to";
    return unreadable(path, message, hint, error);
  }
  if (code.startsWith("SQLITE_ERROR")) {
    const hint = "what its own program adds to SQLite is not here: let that program copy the table into a plain one";
    return unreadable(path, message, hint, error);
  }
  return translateError(error, path);
}

function unreadable(path: string, why: string, hint: string, cause: unknown): SessionDbError {
  return sourceUnreadable(path, why, `nothing was imported; ${hint}`, cause);
}
