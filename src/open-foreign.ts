import { statSync } from "node:fs";
import { expandPath } from "./config/paths.js";
import { SessionDbError } from "./errors.js";
import { aiWebhookFiles } from "./import/ai-webhook-files.js";
import { aiWebhookTables } from "./import/ai-webhook-tables.js";
import type { CollabRecord } from "./import/collab-record.js";
import { connectPgSimpleRecords } from "./import/connect-pg-simple.js";
import { readMinskyJson } from "./import/minsky-json.js";
import type { MinskySource } from "./import/minsky-source.js";
import { readMinskyTable } from "./import/minsky-table.js";
import { emptyReport, type ImportReport } from "./import/report.js";
import { towerSessionRecords } from "./import/tower-sessions.js";
import type { WebSessionReadOptions, WebSessionRecord } from "./import/web-session.js";
import type { ForeignDatabase } from "./log/foreign-database.js";
import { maskUrl } from "./log/mask-url.js";

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

/** Records of another store, read one by one. */
export interface ForeignRead<Found> {
  /** Counts what was read, repaired and refused; whole when the records have been read to their end. */
  readonly report: ImportReport;
  /** Once only. Whoever stops before the end has read a part. */
  readonly records: AsyncGenerator<Found, void, undefined>;
}

/**
 * The sessions that tower-sessions keeps in a SQLite file or a Postgres database (`postgres://…`). Nothing is opened before
 * the first record is asked for. Tokens in their data are replaced by `***`, unless `keepSecrets`: no log may keep them in
 * the clear.
 *
 * @throws by the records: as openForeignSqlite and openForeignPostgres; UsageError IMPORT_LAYOUT_UNKNOWN
 */
export function readTowerSessions(address: string, options: WebSessionReadOptions = {}): ForeignRead<WebSessionRecord> {
  return readDatabase("tower-sessions", address, (database, report) => towerSessionRecords(database, report, options));
}

/** As {@link readTowerSessions}, of connect-pg-simple, which keeps those of express-session. */
export function readConnectPgSimple(
  address: string,
  options: WebSessionReadOptions = {},
): ForeignRead<WebSessionRecord> {
  return readDatabase("connect-pg-simple", address, (database, report) =>
    connectPgSimpleRecords(database, report, options),
  );
}

/**
 * The collaborative sessions of ai-webhook in a folder, with their chunks, memories, tasks and artifacts.
 *
 * @throws by the records: as aiWebhookFiles
 */
export function readAiWebhook(folder: string): ForeignRead<CollabRecord> {
  const root = expandPath(folder);
  const report = emptyReport(`ai-webhook:${root}`, "files");
  return { report, records: aiWebhookFiles(root, report) };
}

/** As {@link readAiWebhook}, in its Postgres database, with its agents. @throws by the records: as aiWebhookTables */
export function readAiWebhookPostgres(url: string): ForeignRead<CollabRecord> {
  return readDatabase("ai-webhook-postgres", url, aiWebhookTables);
}

function readDatabase<Found>(
  kind: string,
  address: string,
  read: (database: ForeignDatabase, report: ImportReport) => AsyncGenerator<Found, void, undefined>,
): ForeignRead<Found> {
  const report = emptyReport(`${kind}:${maskUrl(address)}`, "tables");
  async function* records(): AsyncGenerator<Found, void, undefined> {
    const postgres = /^postgres(ql)?:/.test(address);
    const database = await (postgres ? openForeignPostgres(address) : openForeignSqlite(address));
    try {
      yield* read(database, report);
    } finally {
      await database.close();
    }
  }
  return { report, records: records() };
}

async function readAndClose<T>(database: ForeignDatabase, read: (database: ForeignDatabase) => Promise<T>): Promise<T> {
  try {
    return await read(database);
  } finally {
    await database.close();
  }
}
