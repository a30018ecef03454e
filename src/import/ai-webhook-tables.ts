import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { ForeignColumn, ForeignDatabase, ForeignTable, ForeignValue } from "../log/foreign-database.js";
import { jsonCell } from "./cell.js";
import { type CollabKind, type CollabRecord, collabRecord, note } from "./collab-record.js";
import { otherTables } from "./other-tables.js";
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
  const others = otherTables(sessions?.name ?? "", await database.tableNames(), ["sessions"]);
  if (sessions === undefined || !["id", "title"].every((name) => memberNames(sessions).includes(name)))
    throw noSessions(database.url, others);
  if (others !== undefined) {
    const why = `only the tables beside ${sessions.name} were read; ?schema=NAME at the end of the address names another schema: ${others}`;
    note(report, { kind: "remark", place: "", id: undefined, why });
  }
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
  const names = memberNames(table);
  for await (const page of table.pages()) {
    for (const row of page) {
      const remarks: string[] = [];
      const members = table.columns.map((column, i): [string, Json] => [
        names[i] as string,
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

/** Of its columns, in small letters where they are not camelCase, and where no other column has that name. */
function memberNames({ columns }: ForeignTable): string[] {
  return columns.map(({ name }) => {
    const small = name.toLowerCase();
    const isTaken = columns.some((other) => other.name !== name && other.name.toLowerCase() === small);
    return isTaken || /[a-z][A-Z]/.test(name) ? name : small;
  });
}

function noSessions(url: string, others: string | undefined): UsageError {
  const hint =
    others === undefined
      ? "name its database; ?schema=NAME where its tables are not in the search path"
      : `there are others, which ?schema=NAME at the end of the address names: ${others}`;
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${url} has no table sessions of ai-webhook; nothing was imported`, {
    hint,
  });
}
