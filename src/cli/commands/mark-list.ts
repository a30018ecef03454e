import type { Command } from "commander";
import type { Mark } from "../../../projections/marks.js";
import { listMarks } from "../../inspect/marks.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { type Column, renderTable } from "../output/table.js";

interface ListOptions extends CommonOptions, AsOfOptions {}

export function markListCommand(state: RunState): Command {
  const command = leaf<ListOptions>(state, "list", "the marks, by their place in the log", list)
    .alias("ls")
    .addOption(asOfOption());
  return examples(command, ["sessiondb mark list --store sqlite:./s.db"]);
}

async function list({ openStore, options, streams }: CommandContext<ListOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const offset = (await resolveAsOf(log, options, streams))?.offset ?? (await log.tail()).offset;
  const marks = [...(await listMarks(log, { asOf: offset }))].sort((a, b) => a.offset - b.offset);
  if (streams.json) {
    streams.document({ schema: "mark-list/1", offset, items: marks });
    return;
  }
  if (marks.length > 0) streams.lines(renderTable(marks, COLUMNS, streams.width));
  streams.note(`${marks.length} ${marks.length === 1 ? "mark" : "marks"} · offset ${offset} · ${log.url}`);
}

const COLUMNS: readonly Column<Mark>[] = [
  { title: "MARK", value: ({ name }) => name, narrow: 20 },
  { title: "OFFSET", value: ({ offset }) => offset, align: "right" },
  { title: "SET AT", value: ({ setAt }) => setAt, time: true },
  { title: "BY", value: ({ actor }) => actor, narrow: 12 },
  { title: "WHY", value: ({ reason }) => (reason === null ? " " : JSON.stringify(reason)), narrow: 12 },
];
