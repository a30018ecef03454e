import type { Command } from "commander";
import { defined } from "../../defined.js";
import { partitionLog } from "../../inspect/partition-log.js";
import type { PartitionPlan } from "../../log/partitions.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { sizeText } from "../output/amounts.js";
import { partitionListCommand } from "./partition-list.js";

interface PartitionOptions extends ReadOptions {
  events?: number;
  ahead?: number;
  dryRun?: boolean;
}

export function partitionCommand(state: RunState): Command {
  const summary =
    "Postgres: keep the events of a large log in several tables, by ranges of offsets; run it again nightly";
  const command = readLeaf<PartitionOptions>(state, "partition", summary, partition)
    .enablePositionalOptions()
    .option("--events <n>", "events of a partition, such as 10000000; default: as before", wholeNumber("--events"))
    .option("--ahead <n>", "so many partitions wait behind the end of the log; default 3", wholeNumber("--ahead"))
    .option("--dry-run", "say what would be done, and change nothing")
    .addCommand(partitionListCommand(state));
  return examples(command, [
    "sessiondb partition --events 10000000 --dry-run --store sqlite:./s.db",
    "sessiondb partition --events 10000000 --ahead 5 --store sqlite:./s.db",
  ]);
}

async function partition({ options, streams, store }: CommandContext<PartitionOptions>): Promise<undefined> {
  const { events, ahead, dryRun = false } = options;
  const { url, options: limits } = store();
  const request = { ...defined({ events, ahead }), dryRun };
  const plan = await partitionLog(url, request, limits);
  if (streams.json) {
    streams.document({ schema: "partition/1", store: shownUrl(url), dryRun, ...plan });
    return;
  }
  streams.lines(planLines(plan, dryRun));
  if (dryRun && plan.checkedBytes > 0) {
    const size = sizeText(plan.checkedBytes);
    streams.note(`the server reads ${size} once, and whoever reads or appends meanwhile waits: choose a quiet time`);
  }
}

function planLines(plan: PartitionPlan, dryRun: boolean): string[] {
  const { offset, converts, added, bounded, events } = plan;
  const lines: string[] = [];
  const would = dryRun ? "would be" : "was";
  const [beyond] = added;
  if (converts && beyond !== undefined) {
    lines.push(
      `the table of ${offset} events ${would} made the first partition, up to offset ${beyond - 1}; nothing is copied`,
    );
  }
  if (added.length > 0) {
    const last = added.at(-1) as number;
    lines.push(
      `${added.length} of ${events} events each ${dryRun || added.length === 1 ? would : "were"} added, from offset ${beyond}; the last, from ${last}, takes whatever comes`,
    );
  }
  for (const name of bounded) lines.push(`appends to ${name} ${would} spared looking into earlier partitions`);
  return lines.length > 0 ? lines : [`nothing to do: enough partitions wait behind offset ${offset}`];
}
