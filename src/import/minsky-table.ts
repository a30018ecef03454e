import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import { escapePointer } from "../log/canonical.js";
import { type ForeignDatabase, type ForeignRow, type ForeignTable, foreignRowBytes } from "../log/foreign-database.js";
import { readCell } from "./cell.js";
import { columnStyle, ID_FIELDS, type MinskyColumn, minskyColumn } from "./minsky-columns.js";
import type { MinskySource } from "./minsky-source.js";
import { otherTables } from "./other-tables.js";
import type { ForeignRecord } from "./report.js";

/** Rows of about half a million sessions. */
export const MAX_TABLE_BYTES = 256 * 1024 * 1024;

const TABLE = "sessions";
/** What tables of any program may have. */
const ANYONES: readonly string[] = ["sessionId", "name", "createdAt", "created", "status", "agentId"];

/**
 * Reads the table `sessions` of a Minsky database, of any era: columns in snake_case, camelCase or both, in any number;
 * JSON as text; values of other types than declared. NULL is a field that is not there.
 *
 * @throws UsageError IMPORT_LAYOUT_UNKNOWN, IMPORT_TOO_LARGE; whatever the database throws: nothing was taken from it
 */
export async function readMinskyTable(database: ForeignDatabase): Promise<MinskySource> {
  const there = await database.tableNames();
  const table = await database.table([TABLE]);
  if (table === undefined) throw noSessions(database.url, there);
  const others = otherTables(table.name, there, [TABLE]);
  const columns = table.columns.map(({ name }) => ({ name, ...minskyColumn(name) }));
  assertOfMinsky(database.url, table, others);
  const records: ForeignRecord[] = [];
  let bytes = 0;
  for await (const page of table.pages()) {
    for (const row of page) {
      bytes += foreignRowBytes(row);
      if (bytes > MAX_TABLE_BYTES) throw tooLarge(database.url);
      records.push(recordOf(table, columns, row, records.length + 1));
    }
  }
  const layout = `table ${table.name}, ${columnStyle(table.columns.map(({ name }) => name))}`;
  return {
    layout,
    baseDir: undefined,
    records: toldApart(records),
    remarks: remarksOnOthers(others, table.name),
  };
}

/** Rows of one id get their numbers in the order of reading, too: the report of duplicates names each. */
function toldApart(records: readonly ForeignRecord[]): ForeignRecord[] {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { place } of records) (seen.has(place) ? shared : seen).add(place);
  return records.map((record, i) =>
    shared.has(record.place) ? { ...record, place: `${record.place} row ${i + 1}` } : record,
  );
}

/** In other schemas of Postgres. */
function remarksOnOthers(others: string | undefined, taken: string): string[] {
  if (others === undefined) return [];
  return [`only ${taken} was read; ?schema=NAME at the end of the address names another schema: ${others}`];
}

type NamedColumn = MinskyColumn & { readonly name: string };

function recordOf(
  { name, columns }: ForeignTable,
  fields: readonly NamedColumn[],
  row: ForeignRow,
  ordinal: number,
): ForeignRecord {
  const repairs: string[] = [];
  const remarks: string[] = [];
  const members = new Map<string, { readonly value: Json; readonly column: string }>();
  fields.forEach(({ field, kind, name: column }, i) => {
    const { value, repair, remark } = readCell(kind, row[i] ?? null, columns[i]?.type);
    if (repair !== undefined) repairs.push(`${column} ${repair}`);
    if (remark !== undefined) remarks.push(`its ${column} ${remark}`);
    if (value === undefined) return;
    const other = members.get(field);
    if (other !== undefined && !isSame(other.value, value)) {
      const [taken, left] = [other.column, column].sort((a, b) => Number(isSnake(a)) - Number(isSnake(b)));
      repairs.push(`${taken} and ${left} differ; ${taken} was taken`);
      if (taken === other.column) return;
    }
    members.set(field, { value, column });
  });
  const record = Object.fromEntries([...members].map(([field, { value }]) => [field, value]));
  return { place: placeOf(name, record, ordinal), record, repairs, remarks };
}

/** camelCase is the younger style. */
function isSnake(column: string): boolean {
  return column.includes("_");
}

function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function placeOf(table: string, record: Record<string, unknown>, ordinal: number): string {
  const id = ID_FIELDS.map((field) => record[field]).find((value) => typeof value === "string" && value !== "");
  return id === undefined ? `${table} row ${ordinal}` : `${table}/${escapePointer(String(id))}`;
}

function noSessions(url: string, tables: readonly string[]): UsageError {
  const shown = tables.length === 0 ? "it has none" : `it has ${tables.slice(0, 8).join(", ")}`;
  const ours = ["events", "sidecar"].every((name) => tables.some((one) => one.split(".").at(-1) === name));
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${url} has no table sessions (${shown}); nothing was imported`, {
    hint: ours
      ? "this is a log of sessiondb: copy it with sessiondb migrate --from URL"
      : "name the database that Minsky used; in Postgres, ?schema=NAME where it is not in the search path",
  });
}

/**
 * Rails, Flask and others have tables `sessions` with a column `session_id`, which holds the keys of somebody's logins: without
 * another column that only Minsky has, the table is not taken for one of its.
 */
function assertOfMinsky(url: string, table: ForeignTable, others: string | undefined): void {
  const known = table.columns.map(({ name }) => minskyColumn(name)).filter(({ kind }) => kind !== "unknown");
  const fields = known.map(({ field }) => field);
  if (!fields.some((field) => ID_FIELDS.includes(field))) throw ofAnother(url, table, "no column session", others);
  if (!fields.every((field) => ANYONES.includes(field))) return;
  throw ofAnother(url, table, "a column for ids, and none that only Minsky has", others);
}

function ofAnother(url: string, { name, columns }: ForeignTable, what: string, others: string | undefined): UsageError {
  const names = columns.map((column) => column.name);
  const message = `${url}: table ${name} has ${what} (it has ${names.slice(0, 12).join(", ")}); nothing was imported`;
  const more = others === undefined ? "" : `; there are others, which ?schema=NAME names: ${others}`;
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", message, { hint: `the table belongs to another program${more}` });
}

function tooLarge(url: string): UsageError {
  return new UsageError("IMPORT_TOO_LARGE", `${url}: the sessions take more than ${MAX_TABLE_BYTES} bytes`, {
    hint: "nothing was imported; split the table",
  });
}
