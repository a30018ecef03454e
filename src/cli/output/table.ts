import stringWidth from "string-width";
import { printable } from "./escape.js";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  readonly align?: "left" | "right";
  /** Columns of the terminal that it takes at most where the table must be narrowed; default: never narrowed. */
  readonly narrow?: number;
}

const GAP = "  ";
const MIN_NARROW = 8;

/**
 * Rows as aligned text, one line each. `width` narrows the narrowable columns until the table fits a terminal; without
 * it nothing is ever cut, so a pipe gets whole values. Missing values print as `-`.
 */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width?: number): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const widths = columns.map((column, i) =>
    Math.max(stringWidth(column.title), ...cells.map((line) => stringWidth(line[i] as string))),
  );
  if (width !== undefined) narrowTo(width, columns, widths);
  const titles = columns.map(({ title }) => title);
  return [titles, ...cells].map((line) => renderLine(line, columns, widths));
}

/** Aligned `name  value` lines. */
export function renderFields(fields: readonly (readonly [string, string])[]): string[] {
  const names = fields.map(([name]) => printable(name));
  const width = Math.max(0, ...names.map((name) => stringWidth(name)));
  return fields.map(([, value], i) => `${pad(names[i] as string, width, "left")}${GAP}${printable(value)}`);
}

function renderLine<Row>(cells: readonly string[], columns: readonly Column<Row>[], widths: readonly number[]): string {
  const parts = cells.map((cell, i) =>
    pad(cut(cell, widths[i] as number), widths[i] as number, columns[i]?.align ?? "left"),
  );
  return parts.join(GAP).trimEnd();
}

function narrowTo<Row>(width: number, columns: readonly Column<Row>[], widths: number[]): void {
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  while (total() > width) {
    // The widest narrowable column gives way first.
    const able = columns.map((column, i) =>
      (widths[i] as number) > (column.narrow ?? Infinity) ? (widths[i] as number) : 0,
    );
    const widest = able.indexOf(Math.max(...able));
    if ((able[widest] ?? 0) <= MIN_NARROW) return;
    widths[widest] = (widths[widest] as number) - 1;
  }
}

function cellText(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === "" ? "-" : printable(String(value));
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  for (const char of text) {
    if (stringWidth(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? text + space : space + text;
}
