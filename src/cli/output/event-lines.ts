import type { EventItem } from "../../inspect/event-item.js";
import { printable, printableJson } from "./escape.js";
import type { Column } from "./table.js";

export const EVENT_COLUMNS: readonly Column<EventItem>[] = [
  { title: "OFFSET", value: ({ offset }) => offset, align: "right" },
  { title: "TIME", value: ({ time }) => time, time: true },
  { title: "STREAM", value: ({ stream }) => stream, narrow: 16 },
  { title: "TYPE", value: ({ type }) => type, narrow: 16 },
  { title: "ACTOR", value: ({ actor }) => actor, narrow: 12 },
  { title: "REASON", value: ({ reason }) => (reason === null ? " " : JSON.stringify(reason)), narrow: 12 },
];

/** The same as one line that needs no others: for events that come one by one. */
export function eventLine({ offset, time, stream, type, actor, reason }: EventItem): string {
  const parts = [String(offset), time, stream, type, actor, ...(reason === null ? [] : [JSON.stringify(reason)])];
  return `${printable(parts.join("  "))}\n`;
}

/** One line of NDJSON. */
export function jsonLine(value: unknown): string {
  return `${printableJson(JSON.stringify(value))}\n`;
}
