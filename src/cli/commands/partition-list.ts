import type { Command } from "commander";
import { logPartitions } from "../../inspect/partition-log.js";
import type { LogPartition } from "../../log/partitions.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { sizeText } from "../output/amounts.js";
import { type Column, renderTable } from "../output/table.js";

export function partitionListCommand(state: RunState): Command {
  const summary = "the tables that the events of the store lie in, oldest first, and how large they are";
  const command = readLeaf<ReadOptions>(state, "list", summary, list).alias("ls");
  return examples(command, ["sessiondb partition list --store sqlite:./s.db"]);
}

async function list({ streams, openStore, store }: CommandContext<ReadOptions>): Promise<undefined> {
  const { url, options } = store();
  const state = await logPartitions(url, options);
  const offset = state?.offset ?? (await (await openStore({ mustExist: true })).tail()).offset;
  const items = state?.partitions ?? [];
  if (streams.json) {
    streams.document({ schema: "partition-list/1", store: shownUrl(url), offset, items });
    return;
  }
  if (items.length === 0) streams.lines(["no partitions: the events lie in one place"]);
  else streams.lines(renderTable(items, columns(offset), streams.width));
}

function columns(tail: number): readonly Column<LogPartition>[] {
  return [
    { title: "NAME", value: ({ name }) => name },
    { title: "FROM", value: ({ from }) => from ?? 1, align: "right" },
    { title: "TO", value: ({ to }) => to ?? "whatever comes", align: "right" },
    {
      title: "EVENTS",
      value: ({ from, to }) => Math.max(0, Math.min(to ?? tail, tail) - (from ?? 1) + 1),
      align: "right",
    },
    { title: "TABLE", value: ({ bytes }) => sizeText(bytes), align: "right" },
    { title: "INDEXES", value: ({ indexBytes }) => sizeText(indexBytes), align: "right" },
    { title: "GUARD", value: ({ guard }) => guard },
  ];
}
