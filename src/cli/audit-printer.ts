import type { AuditSummary } from "../inspect/audit.js";
import type { Side } from "./audit-columns.js";
import { csvLine } from "./output/csv.js";
import { printableJson } from "./output/escape.js";
import { JsonItems } from "./output/json-items.js";
import { pickFields } from "./output/pick-fields.js";
import type { Streams } from "./output/streams.js";
import { renderTable } from "./output/table.js";

export type AuditFormat = "table" | "csv" | "ndjson" | "json";

/** Prints rows as they come. */
export interface RowPrinter<Row> {
  add(row: Row): void;
  end(summary: AuditSummary): void;
}

/** Rows of a table are lined up with each other in blocks of this size: more would have to be kept. */
const TABLE_BLOCK = 1000;

/** @param head what the JSON document says of itself, before its items */
export function rowPrinter<Row extends object>(
  streams: Streams,
  format: AuditFormat,
  sides: readonly Side<Row>[],
  { fields, head }: { fields: string | undefined; head: Record<string, unknown> },
): RowPrinter<Row> {
  const picked = (row: Row) => pickFields({ ...row } as Record<string, unknown>, fields);
  switch (format) {
    case "table":
      return tablePrinter(streams, sides);
    case "csv":
      return csvPrinter(streams, sides);
    case "ndjson":
      return { add: (row) => streams.lines([printableJson(JSON.stringify(picked(row)))]), end: () => undefined };
    case "json": {
      const items = new JsonItems(streams, head);
      return { add: (row) => items.add(picked(row)), end: (summary) => items.end(jsonSummary(summary)) };
    }
    default:
      throw new TypeError(`unhandled ${format satisfies never}`);
  }
}

function tablePrinter<Row>(streams: Streams, sides: readonly Side<Row>[]): RowPrinter<Row> {
  let block: Row[] = [];
  let printed = 0;
  const print = () => {
    const lines = block.length === 0 ? [] : renderTable(block, sides, streams.width);
    streams.lines(lines.slice(printed === 0 ? 0 : 1)); // the titles once
    printed += block.length;
    block = [];
  };
  return {
    add: (row) => {
      if (block.push(row) === TABLE_BLOCK) print();
    },
    end: print,
  };
}

/** The names of the columns come with the first row, or at the end: an answer that failed prints nothing. */
function csvPrinter<Row>(streams: Streams, sides: readonly Side<Row>[]): RowPrinter<Row> {
  let titled = false;
  const print = (...rows: Row[]) => {
    const lines = rows.map((row) => sides.map(({ value }) => value(row)));
    const all = titled ? lines : [sides.map(({ name }) => name), ...lines];
    streams.lines(all.map((cells) => `${csvLine(cells)}\r`));
    titled = true;
  };
  return { add: print, end: () => print() };
}

function jsonSummary({ events, sessions, first, last, verified }: AuditSummary): Record<string, unknown> {
  return { total: events, sessions, first: first ?? null, last: last ?? null, verified: verified ?? null };
}

/** `43 events in 10 sessions, offsets 702..1187 · chain verified 1..1205`: nothing that was not looked at. */
export function summaryLine({ events, sessions, first, last, verified, head }: AuditSummary): string {
  const where = events === 0 ? "" : ` in ${counted(sessions, "session")}, offsets ${first}..${last}`;
  const whole = verified?.from === 1 && verified.to === head;
  const part = whole ? "" : ` of 1..${head}`;
  const chain = verified === undefined ? "nothing was read" : `chain verified ${verified.from}..${verified.to}${part}`;
  return `${counted(events, "event")}${where} · ${chain}`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
