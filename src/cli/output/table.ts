import stringWidth from "string-width";
import { printable } from "./escape.js";
import { relativeTime } from "./relative-time.js";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  readonly align?: "left" | "right";
  /**
   * Columns of the terminal that it takes at most where the table must be narrowed, fewer where that is not enough;
   * default: never narrowed.
   */
  readonly narrow?: number;
  /** Times in ISO 8601, which are shortened where the table must be narrowed. */
  readonly time?: true;
}

const GAP = "  ";
const MIN_NARROW = 8;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+Z$/;

/**
 * Rows as aligned text, one line each. `width` makes the table narrower until it fits a terminal: times are told to the
 * minute and the narrowable columns cut, and where that is not enough, times are told as so long before `now`. Without it
 * nothing is ever cut, so a pipe gets whole values. Missing values print as `-`.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width = Infinity,
  now: () => Date = () => new Date(),
): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  let laid: Laid = { cells, widths: widthsOf(columns, cells) };
  for (const told of [minuteOf, (time: string) => relativeTime(time, now())]) {
    if (totalOf(laid.widths) <= width) break;
    laid = narrowed(width, columns, withTimes(columns, cells, told));
  }
  const titles = columns.map(({ title }) => title);
  return [titles, ...laid.cells].map((line) => renderLine(line, columns, laid.widths));
}

interface Laid {
  readonly cells: readonly (readonly string[])[];
  readonly widths: readonly number[];
}

function withTimes<Row>(
  columns: readonly Column<Row>[],
  cells: Laid["cells"],
  told: (time: string) => string,
): Laid["cells"] {
  const isTime = (cell: string, i: number) => columns[i]?.time === true && ISO_TIME.test(cell);
  return cells.map((line) => line.map((cell, i) => (isTime(cell, i) ? told(cell) : cell)));
}

/** `2026-11-22 17:49Z` of `2026-11-22T17:49:32.992Z`. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
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

function widthsOf<Row>(columns: readonly Column<Row>[], cells: Laid["cells"]): number[] {
  return columns.map(({ title }, i) =>
    Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[i] as string))),
  );
}

function totalOf(widths: Laid["widths"]): number {
  return widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
}

/** To what each column asks for and, where that is not enough, further. */
function narrowed<Row>(width: number, columns: readonly Column<Row>[], cells: Laid["cells"]): Laid {
  const widths = widthsOf(columns, cells);
  const asked = columns.map(({ narrow = Infinity }) => Math.max(narrow, MIN_NARROW));
  narrowDownTo(width, asked, widths);
  const least = asked.map((floor) => (floor === Infinity ? floor : MIN_NARROW));
  narrowDownTo(width, least, widths);
  return { cells, widths };
}

function narrowDownTo(width: number, floors: readonly number[], widths: number[]): void {
  while (totalOf(widths) > width) {
    // The widest narrowable column gives way first.
    const able = widths.map((one, i) => (one > (floors[i] as number) ? one : 0));
    const widest = able.indexOf(Math.max(...able));
    if (able[widest] === 0) return;
    widths[widest] = (widths[widest] as number) - 1;
  }
}

function cellText(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === "" ? "-" : printable(String(value));
}

/** Text in at most so many columns of a terminal; what is cut off is shown by `…`. */
export function cut(text: string, width: number): string {
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
