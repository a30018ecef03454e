import type { Command } from "commander";
import { type ArchiveState, archiveStates } from "../../inspect/archive-log.js";
import { archivePlaces } from "../../open-log.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { sizeText } from "../output/amounts.js";
import { type Column, renderTable } from "../output/table.js";

export function archiveListCommand(state: RunState): Command {
  const summary = "the archives of the store, oldest first, and where their files are";
  const command = readLeaf<ReadOptions>(state, "list", summary, list).alias("ls");
  return examples(command, ["sessiondb archive list --store sqlite:./s.db"]);
}

async function list({ options, streams, openStore, store }: CommandContext<ReadOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { offset } = await log.tail();
  const items = await archiveStates(log, archivePlaces(store().url, { archives: options.archive ?? [] }));
  if (streams.json) {
    streams.document({ schema: "archive-list/1", store: log.url, offset, items });
    return;
  }
  if (items.length === 0) streams.lines(["nothing is archived: the store has everything"]);
  else streams.lines(renderTable(items, COLUMNS, streams.width));
}

const COLUMNS: readonly Column<ArchiveState>[] = [
  { title: "FROM", value: ({ from }) => from, align: "right" },
  { title: "TO", value: ({ to }) => to, align: "right" },
  { title: "LAST EVENT", value: ({ recordedAt }) => recordedAt, time: true },
  { title: "SIZE", value: ({ bytes }) => sizeText(bytes), align: "right" },
  { title: "FILE", value: ({ foundAt, file }) => foundAt ?? `${file} (not at hand)` },
];
