import type { SessionDocument } from "../../projections/sessions.js";
import type { SealedEvent } from "../log/event.js";
import { type Cell, SESSION_COLUMNS } from "./session-columns.js";

export const SQL_DIALECTS = ["sqlite", "postgres"] as const;
export type SqlDialect = (typeof SQL_DIALECTS)[number];

interface EventColumn {
  readonly name: string;
  readonly type: "text" | "whole";
  readonly value: (event: SealedEvent) => Cell;
}

const EVENT_COLUMNS: readonly EventColumn[] = [
  { name: "log_offset", type: "whole", value: ({ offset }) => offset },
  { name: "stream", type: "text", value: ({ stream }) => stream },
  { name: "version", type: "whole", value: ({ version }) => version },
  { name: "type", type: "text", value: ({ type }) => type },
  { name: "actor", type: "text", value: ({ actor }) => actor },
  { name: "recorded_at", type: "text", value: ({ recordedAt }) => recordedAt },
  { name: "reason", type: "text", value: ({ meta }) => textOf(meta.reason) },
  { name: "source", type: "text", value: ({ meta }) => textOf(meta.source) },
];

const TYPES = {
  sqlite: { text: "TEXT", whole: "INTEGER", flag: "INTEGER" },
  postgres: { text: "text", whole: "bigint", flag: "boolean" },
} as const;

function textOf(value: unknown): Cell {
  return typeof value === "string" ? value : undefined;
}

/**
 * Plain tables for reports, as a script: `sessions` (see SESSION_COLUMNS) and `session_events` (who changed what kind of
 * thing, when and why; without the data). One transaction, which fails where the tables are there already. Postgres has
 * no U+0000 in texts: it becomes U+FFFD in the columns; in `record` it stands escaped as it is.
 */
export async function* sqlText(
  documents: Iterable<SessionDocument>,
  events: AsyncIterable<SealedEvent>,
  dialect: SqlDialect,
): AsyncGenerator<string, void, undefined> {
  if (dialect === "postgres") yield "SET client_encoding = 'UTF8';\n";
  yield "BEGIN;\n";
  yield createTable("sessions", SESSION_COLUMNS, "session", dialect);
  for (const document of documents) yield insert("sessions", SESSION_COLUMNS, document, dialect);
  yield createTable("session_events", EVENT_COLUMNS, "log_offset", dialect);
  for await (const event of events) yield insert("session_events", EVENT_COLUMNS, event, dialect);
  yield "COMMIT;\n";
}

interface Column<Row> {
  readonly name: string;
  readonly type: keyof (typeof TYPES)[SqlDialect];
  readonly value: (row: Row) => Cell;
}

function createTable<Row>(table: string, columns: readonly Column<Row>[], key: string, dialect: SqlDialect): string {
  const lines = columns.map(({ name, type }) => {
    return `  "${name}" ${TYPES[dialect][type]}${name === key ? " PRIMARY KEY NOT NULL" : ""}`;
  });
  return `CREATE TABLE ${table} (\n${lines.join(",\n")}\n);\n`;
}

function insert<Row>(table: string, columns: readonly Column<Row>[], row: Row, dialect: SqlDialect): string {
  const values = columns.map(({ value }) => literal(value(row), dialect));
  return `INSERT INTO ${table} VALUES (${values.join(", ")});\n`;
}

function literal(value: Cell, dialect: SqlDialect): string {
  if (value === undefined) return "NULL";
  if (typeof value === "boolean") return dialect === "postgres" ? String(value) : value ? "1" : "0";
  if (typeof value === "number") return String(value);
  return textLiteral(value, dialect);
}

function textLiteral(text: string, dialect: SqlDialect): string {
  if (dialect === "postgres") return postgresText(text.replaceAll("\0", "\ufffd"));
  // SQLite's own shell stops reading at a NUL, and takes a carriage return at the end of a line away.
  if (!/[\0\r]/.test(text)) return quoted(text);
  return `CAST(X'${Buffer.from(text).toString("hex")}' AS TEXT)`;
}

/** In the form that means the same whatever standard_conforming_strings is set to. */
function postgresText(text: string): string {
  return text.includes("\\") ? `E${quoted(text.replaceAll("\\", "\\\\"))}` : quoted(text);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
