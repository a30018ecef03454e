import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { ForeignDatabase, ForeignRow, ForeignTable } from "../log/foreign-database.js";
import { maskSecrets } from "./mask-secrets.js";
import { otherTables } from "./other-tables.js";
import type { ImportNote, ImportReport } from "./report.js";

export interface WebSessionReadOptions {
  /** The name of the table, also `schema.table`. Default: what the store calls it by itself. */
  readonly table?: string;
  /**
   * Leave tokens in the data as they are, for whoever seals the data before anybody else sees them. Default false: they are
   * replaced by `***`.
   */
  readonly keepSecrets?: boolean;
}

/** A session of a web server, as its store had it. */
export interface WebSessionRecord {
  /** As it stands in the cookie. */
  readonly sid: string;
  readonly data: { readonly [member: string]: Json };
  /** ISO 8601, UTC, with three to nine digits of the second. */
  readonly expiresAt: string;
  readonly userId?: string;
}

/** What is wrong with one row; the others are read. */
export class WebSessionFault extends Error {}

/** What a reader makes of one row, before secrets are looked for. */
export interface WebSessionFound extends WebSessionRecord {
  readonly repairs?: readonly string[];
  readonly remarks?: readonly string[];
}

/** Names in lower case. */
export interface WebSessionLayout {
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  /** Read, where they are there. */
  readonly optional?: readonly string[];
}

export type Cells = (column: string) => ForeignRow[number];

/**
 * The rows of a table as records, one by one. Counts and tells in `report`: read, repaired, refused; what becomes of the
 * records is the caller's to count.
 *
 * @throws UsageError IMPORT_LAYOUT_UNKNOWN where no table has the columns; whatever the database throws
 */
export async function* readWebSessions(
  database: ForeignDatabase,
  layout: WebSessionLayout,
  report: ImportReport,
  recordOf: (cells: Cells) => WebSessionFound,
  options: WebSessionReadOptions = {},
): AsyncGenerator<WebSessionRecord, void, undefined> {
  const wanted = options.table === undefined ? layout : { ...layout, tables: [options.table] };
  const table = await database.table(wanted.tables);
  if (table === undefined || !hasColumns(table, layout.columns)) throw unknownLayout(database.url, wanted, table);
  remarkOnRest(report, table, [...wanted.columns, ...(wanted.optional ?? [])]);
  if (options.table === undefined) remarkOnOthers(report, table, await database.tableNames(), wanted.tables);
  const index = new Map(table.columns.map(({ name }, i) => [name.toLowerCase(), i]));
  for await (const page of table.pages()) {
    for (const row of page) {
      report.read++;
      // By its number: who knows the id of a web session can use it, so it stands in no report.
      const place = `${table.name} row ${report.read}`;
      const read = () => recordOf((column) => row[index.get(column) ?? -1] ?? null);
      const record = taken(place, read, report, options);
      if (record !== undefined) yield record;
    }
  }
}

/** Members of the source that stand in no session. */
function remarkOnRest({ notes }: ImportReport, { columns }: ForeignTable, read: readonly string[]): void {
  const rest = columns.filter(({ name }) => !read.includes(name.toLowerCase())).map(({ name }) => name);
  if (rest.length === 0) return;
  const why = `columns that no session has a place for were left out: ${rest.slice(0, MAX_SHOWN_COLUMNS).join(", ")}`;
  notes.push({ kind: "remark", place: "", id: undefined, why });
}

const MAX_SHOWN_COLUMNS = 20;

function remarkOnOthers(
  { notes }: ImportReport,
  { name }: ForeignTable,
  there: readonly string[],
  wanted: readonly string[],
): void {
  const others = otherTables(name, there, wanted);
  if (others === undefined) return;
  const why = `only ${name} was read; --table names another one: ${others}`;
  notes.push({ kind: "remark", place: "", id: undefined, why });
}

function taken(
  place: string,
  read: () => WebSessionFound,
  report: ImportReport,
  { keepSecrets = false }: WebSessionReadOptions,
): WebSessionRecord | undefined {
  const notes = report.notes as ImportNote[];
  try {
    const { repairs = [], remarks = [], data, ...record } = read();
    const masked: string[] = [];
    const clean = keepSecrets ? data : (maskSecrets(data, [], masked) as WebSessionRecord["data"]);
    const all = [...repairs, ...masked];
    if (all.length > 0) report.repaired++;
    for (const why of all) notes.push({ kind: "repaired", place, id: undefined, why });
    for (const why of remarks) notes.push({ kind: "remark", place, id: undefined, why });
    return { ...record, data: clean };
  } catch (error) {
    if (!(error instanceof WebSessionFault)) throw error;
    report.refused++;
    notes.push({ kind: "refused", place, id: undefined, why: error.message });
    return undefined;
  }
}

function hasColumns({ columns }: ForeignTable, wanted: readonly string[]): boolean {
  return wanted.every((name) => columns.some((column) => column.name.toLowerCase() === name));
}

function unknownLayout(
  url: string,
  { tables, columns }: WebSessionLayout,
  found: ForeignTable | undefined,
): UsageError {
  const what =
    found === undefined ? `no table ${tables.join(" or ")}` : `no columns ${columns.join(", ")} in ${found.name}`;
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${url} has ${what}; nothing was imported`, {
    hint: "name the database in which the web server kept its sessions",
  });
}
