import { existsSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { StorageError } from "../../../../errors.js";
import { assertOrdinaryFile } from "../../../ordinary-file.js";
import { assertReadable, ensureSchema } from "../../schema/ensure-schema.js";
import { DRIVER_BUSY_MS, retryWhileBusy } from "../busy-retry.js";
import { sqliteCode, translateError } from "../sqlite-errors.js";
import { SqliteSchema } from "../sqlite-schema.js";
import { assertDriver } from "./assert-driver.js";
import { assertLocalFileSystem, assertThere, createDatabaseFile, noSuchFile } from "./database-file.js";
import { assertOneName } from "./own-files.js";
import { assertSafeVersion } from "./sqlite-version.js";

/** What a large append may leave of the -wal file once it has been written back. */
const WAL_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

export interface OpenSettings {
  readonly url: string;
  readonly limitMs: number;
  readonly mustExist: boolean;
  readonly readOnly: boolean;
  readonly cacheBytes?: number | undefined;
}

/** Opens the file with the right tables and settings, and makes both where they are missing; else throws and has closed it. */
export async function openDatabase(file: string, settings: OpenSettings): Promise<Database.Database> {
  assertOrdinaryFile(file, settings.url);
  if (settings.mustExist) assertThere(file, settings.url);
  assertDriver(settings.url);
  if (!settings.readOnly) createDatabaseFile(file);
  assertOneName(file, settings.url);
  assertLocalFileSystem(dirname(file));
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { fileMustExist: true, timeout: DRIVER_BUSY_MS, readonly: leavesWal(file, settings) });
    if (settings.readOnly) await prepareReading(db, file, settings);
    else await prepareConnection(db, settings);
    const { cacheBytes } = settings;
    if (cacheBytes !== undefined) db.pragma(`cache_size = -${Math.max(1, Math.round(cacheBytes / 1024))}`); // KiB
    return db;
  } catch (error) {
    db?.close();
    throw translateError(error, settings.url);
  }
}

/**
 * Opens the file as it is, whatever tables stand in it, to look at it.
 *
 * @throws NotFoundError LOG_NOT_FOUND, UsageError DRIVER_UNUSABLE, and what SQLite says, translated
 */
export async function openToExamine(file: string, url: string, limitMs: number): Promise<Database.Database> {
  assertOrdinaryFile(file, url);
  assertThere(file, url);
  assertDriver(url);
  assertOneName(file, url);
  let db: Database.Database | undefined;
  try {
    const settings = { url, limitMs, mustExist: true, readOnly: true };
    const opened = new Database(file, {
      fileMustExist: true,
      timeout: DRIVER_BUSY_MS,
      readonly: leavesWal(file, settings),
    });
    db = opened;
    await retryWhileBusy(limitMs, () => opened.pragma("query_only = ON"));
    return opened;
  } catch (error) {
    db?.close();
    throw translateError(error, url);
  }
}

async function prepareConnection(db: Database.Database, { url, limitMs }: OpenSettings): Promise<void> {
  const version = await retryWhileBusy(limitMs, () => db.prepare("SELECT sqlite_version()").pluck().get());
  assertSafeVersion(version as string);
  // First the tables: the file of another program must be refused before its journal mode is changed.
  await ensureSchema(new SqliteSchema(db, url, limitMs));
  await retryWhileBusy(limitMs, () => {
    useWal(db, url);
    makeDurable(db);
  });
}

/**
 * The last connection that closes writes the -wal file back into the database, unless it is a read-only one; and a
 * read-only one leaves an empty -wal and -shm behind where none were. So it depends on what is there.
 */
function leavesWal(file: string, { readOnly }: OpenSettings): boolean {
  return readOnly && existsSync(`${file}-wal`);
}

async function prepareReading(db: Database.Database, file: string, { url, limitMs }: OpenSettings): Promise<void> {
  await retryWhileBusy(limitMs, () => db.pragma("query_only = ON"));
  if (!(await assertReadable(new SqliteSchema(db, url, limitMs)))) throw noSuchFile(file);
}

function makeDurable(db: Database.Database): void {
  // Said on every connection: better-sqlite3 is built so that in WAL mode an unset value means NORMAL, which may lose the
  // last appends with the power. fullfsync is for macOS, where a plain fsync stops at the cache of the drive.
  db.pragma("synchronous = FULL");
  db.pragma("fullfsync = ON");
  db.pragma(`journal_size_limit = ${WAL_SIZE_LIMIT_BYTES}`);
}

function useWal(db: Database.Database, url: string): void {
  const mode = setWal(db);
  if (mode === "wal" || mode === undefined) return;
  throw new StorageError("WAL_UNAVAILABLE", `${url}: SQLite cannot use WAL mode here (journal mode: ${mode})`, {
    hint: "keep the file on a local disk",
  });
}

/** @returns the journal mode; undefined for a file that cannot be written to: it is only read, in the mode that it has */
function setWal(db: Database.Database): string | undefined {
  try {
    return db.pragma("journal_mode = WAL", { simple: true }) as string;
  } catch (error) {
    if (sqliteCode(error)?.startsWith("SQLITE_READONLY")) return undefined;
    throw error;
  }
}
