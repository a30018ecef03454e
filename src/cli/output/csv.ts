import { FORMULA } from "../../export/csv.js";
import { printable } from "./escape.js";

/**
 * One line of RFC 4180, without its CRLF. Stored text is made harmless twice: control characters become visible, and a
 * cell that a spreadsheet would run begins with an apostrophe. Missing values are empty cells.
 */
export function csvLine(cells: readonly (string | number | null | undefined)[]): string {
  return cells.map((cell) => (typeof cell === "number" ? String(cell) : textCell(cell ?? ""))).join(",");
}

function textCell(text: string): string {
  const harmless = printable(FORMULA.test(text) ? `'${text}` : text);
  return /[",]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
