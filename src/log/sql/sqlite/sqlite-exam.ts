import { dirname, resolve } from "node:path";
import type Database from "better-sqlite3";
import { fileBytes, leftoversBeside, storedFiles } from "../../leftovers.js";
import type { Leftover, PartSizes, SqliteExam, SqliteFacts, StoredFile } from "../../store-exam.js";
import { schemaFacts } from "../schema/ensure-schema.js";
import { retryWhileBusy } from "./busy-retry.js";
import { assertLocalFileSystem, noSuchFile } from "./file/database-file.js";
import { openDatabase, openToExamine } from "./file/open-database.js";
import { versionFault } from "./file/sqlite-version.js";
import { translateError } from "./sqlite-errors.js";
import { SqliteSchema } from "./sqlite-schema.js";
import { pageSizes } from "./sqlite-sizes.js";

/** Enough to know that something is wrong. */
const MAX_PAGE_FAULTS = 5;

/** A SQLite log as files and pages. The database itself is only opened by way of SQLite: its locks hang on that. */
export class SqliteFileExam implements SqliteExam {
  readonly kind = "sqlite";
  readonly path: string;
  readonly #limitMs: number;

  constructor(path: string, limitMs = 10_000) {
    this.path = resolve(path);
    this.#limitMs = limitMs;
  }

  files(): StoredFile[] {
    return storedFiles([this.path, this.#walPath, `${this.path}-shm`]);
  }

  leftovers(): Leftover[] {
    return leftoversBeside(this.path, () => undefined);
  }

  /** @throws UsageError NETWORK_FILE_SYSTEM */
  async facts(): Promise<SqliteFacts> {
    const walBytes = this.#walBytes();
    return this.#looking(async (db) => {
      assertLocalFileSystem(dirname(this.path));
      const version = db.prepare("SELECT sqlite_version()").pluck().get() as string;
      return {
        version,
        versionFault: versionFault(version),
        journalMode: db.pragma("journal_mode", { simple: true }) as string,
        walBytes,
        schema: await schemaFacts(new SqliteSchema(db, this.#url, this.#limitMs)),
      };
    });
  }

  async pageFaults(): Promise<readonly string[]> {
    return this.#looking(async (db) => {
      const check = () => db.pragma(`quick_check(${MAX_PAGE_FAULTS})`) as { quick_check: string }[];
      const lines = (await retryWhileBusy(this.#limitMs, check)).map(({ quick_check: line }) => line);
      return lines.length === 1 && lines[0] === "ok" ? [] : lines;
    });
  }

  /** Reads every page once: the only way to know whose they are. */
  async sizes(): Promise<PartSizes> {
    const wal = this.#walBytes(); // before a look changes it
    const pages = await this.#looking((db) => retryWhileBusy(this.#limitMs, () => pageSizes(db)));
    if (pages === undefined) throw noSuchFile(this.path);
    return { ...pages, wal, leftovers: this.leftovers().reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async checkpoint(): Promise<number> {
    const settings = { url: this.#url, limitMs: this.#limitMs, mustExist: true, readOnly: false };
    const db = await openDatabase(this.path, settings);
    try {
      db.pragma("wal_checkpoint(TRUNCATE)"); // says busy, and has done what it could, where others read or write
    } catch (error) {
      throw translateError(error, this.#url);
    } finally {
      db.close();
    }
    return this.#walBytes();
  }

  async #looking<T>(act: (db: Database.Database) => Promise<T>): Promise<T> {
    const db = await openToExamine(this.path, this.#url, this.#limitMs);
    try {
      return await act(db);
    } catch (error) {
      throw translateError(error, this.#url);
    } finally {
      db.close();
    }
  }

  get #url(): string {
    return `sqlite:${this.path}`;
  }

  get #walPath(): string {
    return `${this.path}-wal`;
  }

  #walBytes(): number {
    return fileBytes(this.#walPath);
  }
}
