import { printableJson } from "./output/escape.js";
import { JsonItems } from "./output/json-items.js";
import { pickFields } from "./output/pick-fields.js";
import type { Streams } from "./output/streams.js";
import { type Column, renderTable } from "./output/table.js";

export type RowFormat = "table" | "ndjson" | "json";

/** Prints rows as they come, and keeps few of them. */
export interface RowPrinter<Row> {
  add(row: Row): void;
  /** @param rest what the JSON document says after its items */
  end(rest?: Record<string, unknown>): void;
}

export interface RowPrinterOptions {
  /** Names of `--json=a,b`. */
  readonly fields: string | undefined;
  /** What the JSON document says of itself before its items; the offset also ends `--ndjson`. */
  readonly head: { readonly schema: string; readonly offset: number } & Record<string, unknown>;
}

/** Rows of a table are lined up with each other in blocks of this size: more would have to be kept. */
const TABLE_BLOCK = 1000;

export function rowFormat({ json, ndjson }: { json?: boolean; ndjson?: boolean }): RowFormat {
  if (json === true) return "json";
  return ndjson === true ? "ndjson" : "table";
}

export function rowPrinter<Row extends object>(
  streams: Streams,
  format: RowFormat,
  columns: readonly Column<Row>[],
  { fields, head }: RowPrinterOptions,
): RowPrinter<Row> {
  const picked = (row: Row) => pickFields({ ...row } as Record<string, unknown>, fields);
  switch (format) {
    case "table":
      return tablePrinter(streams, columns);
    case "ndjson":
      return {
        add: (row) => streams.lines([printableJson(JSON.stringify(picked(row)))]),
        end: () => streams.recordsEnd(head.offset),
      };
    case "json": {
      const items = new JsonItems(streams, head);
      return { add: (row) => items.add(picked(row)), end: (rest = {}) => items.end(rest) };
    }
    default:
      throw new TypeError(`unhandled ${format satisfies never}`);
  }
}

function tablePrinter<Row>(streams: Streams, columns: readonly Column<Row>[]): RowPrinter<Row> {
  let block: Row[] = [];
  let printed = 0;
  const print = () => {
    const lines = block.length === 0 ? [] : renderTable(block, columns, streams.width);
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
