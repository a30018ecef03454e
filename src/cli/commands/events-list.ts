import type { Command } from "commander";
import { type EventItem, eventItem } from "../../inspect/event-item.js";
import { listEvents } from "../../inspect/list-events.js";
import { asOfOption } from "../as-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { type RangeOptions, resolveRange, withRange } from "../event-range.js";
import { printableJson } from "../output/escape.js";
import { EVENT_COLUMNS, jsonLine } from "../output/event-lines.js";
import { pickFields } from "../output/pick-fields.js";
import type { Streams } from "../output/streams.js";
import { renderTable } from "../output/table.js";

interface ListOptions extends ReadOptions, RangeOptions {
  limit?: number;
  all?: boolean;
  reverse?: boolean;
  ndjson?: boolean;
}

/** Rows on a terminal, where nobody asked for a number. */
const TERMINAL_ROWS = 30;
/** Rows that are aligned with each other, and held at once. */
const TABLE_ROWS = 500;

export function eventsListCommand(state: RunState): Command {
  const command = readLeaf<ListOptions>(state, "list", "the events of the log as they are, newest last", list)
    .option("--limit <n>", "only the newest so many", wholeNumber("--limit"))
    .option("--all", "all of them, also on a terminal")
    .option("--reverse", "newest first")
    .option("--ndjson", "one JSON line an event, and an end line that a cut-off output lacks")
    .addOption(asOfOption());
  return examples(withRange(command), [
    "sessiondb events list --limit 10 --store sqlite:./s.db",
    'sessiondb events list --from 2h --type "session.*" --reverse --ndjson --store sqlite:./s.db',
  ]);
}

async function list({ openStore, options, streams }: CommandContext<ListOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const range = await resolveRange(log, options, streams);
  const people = options.ndjson !== true && !streams.json;
  const bound = people && streams.width !== undefined && options.all !== true ? TERMINAL_ROWS : undefined;
  const limit = options.limit ?? bound;
  const { reverse = false } = options;
  const events = listEvents(log, { ...range, reverse, ...(limit === undefined ? {} : { limit }) });
  const items = itemsOf(events);
  if (options.ndjson === true) await printLines(items, range.asOf, options.fields, streams);
  else if (streams.json) await printDocument(items, range.asOf, options.fields, streams);
  else {
    const shown = await printTable(items, streams);
    const more = shown === bound ? ` · the newest ${bound}; --all shows the others` : "";
    streams.note(`${shown} ${shown === 1 ? "event" : "events"} · offset ${range.asOf} · ${log.url}${more}`);
  }
}

async function* itemsOf(events: ReturnType<typeof listEvents>): AsyncGenerator<EventItem> {
  for await (const event of events) yield eventItem(event);
}

async function printLines(items: AsyncIterable<EventItem>, offset: number, fields: string | undefined, to: Streams) {
  for await (const item of items) await to.taken(jsonLine(pickFields({ ...item }, fields)));
  await to.taken(jsonLine({ end: true, offset }));
}

/** One document, written as it grows: what a failure cuts off is no JSON. */
async function printDocument(items: AsyncIterable<EventItem>, offset: number, fields: string | undefined, to: Streams) {
  let before = `{"schema":"events-list/1","offset":${offset},"items":[`;
  for await (const item of items) {
    await to.taken(before + printableJson(JSON.stringify(pickFields({ ...item }, fields))));
    before = ",";
  }
  await to.taken(`${before === "," ? "" : before}]}\n`);
}

/** @returns the number of rows */
async function printTable(items: AsyncIterable<EventItem>, streams: Streams): Promise<number> {
  let rows: EventItem[] = [];
  let shown = 0;
  const print = async () => {
    const lines = renderTable(rows, EVENT_COLUMNS, streams.width).slice(shown === 0 ? 0 : 1);
    shown += rows.length;
    rows = [];
    await streams.taken(`${lines.join("\n")}\n`);
  };
  for await (const item of items) if (rows.push(item) === TABLE_ROWS) await print();
  if (rows.length > 0) await print();
  return shown;
}
