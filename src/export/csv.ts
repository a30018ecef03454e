import type { SessionDocument } from "../../projections/sessions.js";
import { type Cell, SESSION_COLUMNS } from "./session-columns.js";

export interface CsvOptions {
  /**
   * Leaves texts as they are that a spreadsheet would take for a formula. Default: an apostrophe is put before them,
   * because a branch may be named `=cmd|…` by somebody else than who opens the file.
   */
  readonly rawCells?: boolean;
}

/** What spreadsheets take for the beginning of a formula, and run; also behind white space that they pass over. */
export const FORMULA = /^[\t\r\n ]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$|^$/;

/**
 * The sessions as CSV (RFC 4180): UTF-8, a line of names, lines that end in CR LF. A missing value is empty, an empty text
 * is `""`. In pieces, one a session.
 */
export function* csvText(
  documents: Iterable<SessionDocument>,
  options: CsvOptions = {},
): Generator<string, void, undefined> {
  yield line(SESSION_COLUMNS.map(({ name }) => name));
  for (const document of documents) {
    yield line(SESSION_COLUMNS.map(({ value }) => cellText(value(document), options)));
  }
}

function line(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

function cellText(value: Cell, { rawCells = false }: CsvOptions): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = !rawCells && FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
