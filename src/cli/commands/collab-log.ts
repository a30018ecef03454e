import { type Command, Option } from "commander";
import { type CollabHistoryEntry, collabHistory } from "../../inspect/collab-history.js";
import { type AsOfOptions, asOfOption } from "../as-of.js";
import { collabToRead } from "../collab-door.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import type { Column } from "../output/table.js";
import { rowFormat, rowPrinter } from "../row-printer.js";

interface LogOptions extends CommonOptions, AsOfOptions {
  limit?: number;
  ndjson?: boolean;
}

export function collabLogCommand(state: RunState): Command {
  const summary = "who changed a session or anything in it, when and why, oldest first";
  const command = leaf<LogOptions>(state, "log <id>", summary, log)
    .option("--limit <n>", "only the newest so many", wholeNumber("--limit"))
    .addOption(new Option("--ndjson", "one JSON line an event, and an end line that says so").conflicts("json"))
    .addOption(asOfOption());
  return examples(command, ["sessiondb collab log auth --store sqlite:./s.db"]);
}

async function log(context: CommandContext<LogOptions>, id = ""): Promise<undefined> {
  const { options, streams } = context;
  const { collab, asOf } = await collabToRead(context);
  const offset = asOf.asOf ?? (await collab.log.tail()).offset;
  await collab.sessions.get(id, { asOf: offset });
  const since = options.limit === undefined ? 0 : await beforeNewest(collab.log, id, offset, options.limit);
  const printer = rowPrinter(streams, rowFormat(options), COLUMNS, {
    fields: options.fields,
    head: { schema: "collab-log/1", offset, session: id },
  });
  for await (const entry of collabHistory(collab.log, id, { asOf: offset, since })) {
    printer.add(entry);
    await streams.drained();
  }
  printer.end();
}

/** The offset behind which the newest `limit` changes stand. */
async function beforeNewest(
  log: Parameters<typeof collabHistory>[0],
  id: string,
  asOf: number,
  limit: number,
): Promise<number> {
  const newest: number[] = [];
  for await (const { offset } of collabHistory(log, id, { asOf })) {
    newest.push(offset);
    if (newest.length > limit) newest.shift();
  }
  return (newest[0] ?? asOf + 1) - 1;
}

const COLUMNS: readonly Column<CollabHistoryEntry>[] = [
  { title: "OFFSET", value: ({ offset }) => offset, align: "right" },
  { title: "TIME", value: ({ time }) => time, time: true },
  { title: "TYPE", value: ({ type }) => type },
  { title: "WHAT", value: ({ id }) => id ?? "session", narrow: 16 },
  { title: "ACTOR", value: ({ actor }) => actor, narrow: 12 },
  { title: "REASON", value: ({ reason }) => (reason === null ? " " : JSON.stringify(reason)), narrow: 12 },
];
