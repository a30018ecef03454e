import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { ForeignColumn, ForeignDatabase, ForeignTable, ForeignValue } from "../log/foreign-database.js";
import { jsonCell } from "./cell.js";
import { type CollabKind, type CollabRecord, collabRecord, note } from "./collab-record.js";
import type { ImportReport } from "./report.js";

const TABLES: ReadonlyArray<readonly [table: string, kind: CollabKind]> = [
  ["sessions", "session"],
  ["conversation_chunks", "chunk"],
  ["memories", "memory"],
  ["tasks", "task"],
  ["artifacts", "artifact"],
  ["agents", "agent"],
];

/**
 * The rows of ai-webhook's Postgres tables, table by table, sessions first. A table that is missing is told.
 *
 * @throws UsageError IMPORT_LAYOUT_UNKNOWN where there is no table `sessions` of ai-webhook; whatever the database throws
 */
export async function* aiWebhookTables(
  database: ForeignDatabase,
  report: ImportReport,
): AsyncGenerator<CollabRecord, void, undefined> {
  const sessions = await database.table(["sessions"]);
  if (sessions === undefined || !["id", "title"].every((name) => hasColumn(sessions, name)))
    throw noSessions(database.url);
  for (const [name, kind] of TABLES) {
    const table = await database.table([sessions.name.replace(/sessions$/i, name)]);
    if (table === undefined)
      note(report, { kind: "remark", place: name, id: undefined, why: "there is no such table" });
    else yield* rowsOf(table, kind, report);
  }
}

async function* rowsOf(
  table: ForeignTable,
  kind: CollabKind,
  report: ImportReport,
): AsyncGenerator<CollabRecord, void, undefined> {
  let ordinal = 0;
  for await (const page of table.pages()) {
    for (const row of page) {
      const remarks: string[] = [];
      const members = table.columns.map((column, i): [string, Json] => [
        column.name,
        cellOf(column, row[i] ?? null, remarks),
      ]);
      const place = `${table.name} row ${++ordinal}`;
      const record = collabRecord({ kind, place, members: Object.fromEntries(members), remarks }, report);
      if (record !== undefined) yield record;
    }
  }
}

function cellOf({ name, type }: ForeignColumn, value: ForeignValue, remarks: string[]): Json {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (typeof value !== "string" || !type.startsWith("json")) return value as Json;
  const cell = jsonCell(value);
  for (const what of [cell.repair, cell.remark]) if (what !== undefined) remarks.push(`its ${name} ${what}`);
  return cell.value ?? null;
}

function hasColumn({ columns }: ForeignTable, name: string): boolean {
  return columns.some((column) => column.name === name);
}

function noSessions(url: string): UsageError {
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${url} has no table sessions of ai-webhook; nothing was imported`, {
    hint: "name its database; ?schema=NAME where its tables are not in the search path",
  });
}
