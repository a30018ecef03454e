import type { AuditSummary } from "../inspect/audit.js";
import type { Side } from "./audit-columns.js";
import { csvLine } from "./output/csv.js";
import type { Streams } from "./output/streams.js";
import { type RowFormat, type RowPrinterOptions, rowPrinter } from "./row-printer.js";

export type AuditFormat = RowFormat | "csv";

/** Prints rows as they come. */
export interface AuditPrinter<Row> {
  add(row: Row): void;
  end(summary: AuditSummary): void;
}

export function auditPrinter<Row extends object>(
  streams: Streams,
  format: AuditFormat,
  sides: readonly Side<Row>[],
  options: RowPrinterOptions,
): AuditPrinter<Row> {
  if (format === "csv") return csvPrinter(streams, sides);
  const rows = rowPrinter(streams, format, sides, options);
  return { add: rows.add, end: (summary) => rows.end(jsonSummary(summary)) };
}

/** The names of the columns come with the first row, or at the end: an answer that failed prints nothing. */
function csvPrinter<Row>(streams: Streams, sides: readonly Side<Row>[]): AuditPrinter<Row> {
  let titled = false;
  const print = (...rows: Row[]) => {
    const lines = rows.map((row) => sides.map(({ value }) => value(row)));
    const all = titled ? lines : [sides.map(({ name }) => name), ...lines];
    streams.lines(all.map((cells) => `${csvLine(cells)}\r`));
    titled = true;
  };
  return { add: print, end: () => print() };
}

function jsonSummary({ events, sessions, otherStreams, first, last, verified }: AuditSummary): Record<string, unknown> {
  return {
    total: events,
    sessions,
    otherStreams,
    first: first ?? null,
    last: last ?? null,
    verified: verified ?? null,
  };
}

/** `43 events in 10 sessions and 1 other stream, offsets 702..1187 · chain verified 1..1205`: nothing that was not looked at. */
export function summaryLine(summary: AuditSummary): string {
  const { events, first, last, verified, head } = summary;
  const where = events === 0 ? "" : ` in ${streamsText(summary)}, offsets ${first}..${last}`;
  const whole = verified?.from === 1 && verified.to === head;
  const part = whole ? "" : ` of 1..${head}`;
  const chain = verified === undefined ? "nothing was read" : `chain verified ${verified.from}..${verified.to}${part}`;
  return `${counted(events, "event")}${where} · ${chain}`;
}

function streamsText({ sessions, otherStreams }: AuditSummary): string {
  if (otherStreams === 0) return counted(sessions, "session");
  const others = counted(otherStreams, "other stream");
  return sessions === 0 ? others : `${counted(sessions, "session")} and ${others}`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
