import { type Command, Option } from "commander";
import { defined } from "../../defined.js";
import { eventItem } from "../../inspect/event-item.js";
import { listEvents } from "../../inspect/list-events.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { type EventRangeOptions, resolveEventRange, withEventRange } from "../event-range.js";
import { EVENT_COLUMNS } from "../output/event-lines.js";
import { rowFormat, rowPrinter } from "../row-printer.js";

interface ListOptions extends ReadOptions, EventRangeOptions {
  limit?: number;
  all?: boolean;
  reverse?: boolean;
  ndjson?: boolean;
}

/** Rows on a terminal, where nobody asked for a number. */
const TERMINAL_ROWS = 30;

export function eventsListCommand(state: RunState): Command {
  const command = readLeaf<ListOptions>(state, "list", "the events of the log as they are, newest last", list)
    .option("--limit <n>", "only the newest so many", wholeNumber("--limit"))
    .option("--all", "all of them, also on a terminal")
    .option("--reverse", "newest first")
    .addOption(new Option("--ndjson", "one JSON line an event, and an end line that says so").conflicts("json"));
  return examples(withEventRange(command), [
    "sessiondb events list --limit 10 --store sqlite:./s.db",
    'sessiondb events list --from 2h --type "session.*" --reverse --ndjson --store sqlite:./s.db',
  ]);
}

async function list({ openStore, options, streams }: CommandContext<ListOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { filter, head } = await resolveEventRange(log, options, streams);
  const bound = !streams.json && streams.width !== undefined && options.all !== true ? TERMINAL_ROWS : undefined;
  const limit = options.limit ?? bound;
  const { reverse = false, fields } = options;
  const printer = rowPrinter(streams, rowFormat(options), EVENT_COLUMNS, {
    fields,
    head: { schema: "events-list/1", offset: head },
  });
  let shown = 0;
  for await (const event of listEvents(log, filter, { head, reverse, ...defined({ limit }) })) {
    printer.add(eventItem(event));
    shown++;
    await streams.drained();
  }
  printer.end();
  const more = shown === bound ? ` · the newest ${bound}; --all shows the others` : "";
  streams.note(`${shown} ${shown === 1 ? "event" : "events"} · offset ${head} · ${log.url}${more}`);
}
