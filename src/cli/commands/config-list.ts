import type { Command } from "commander";
import { type DescribedSetting, describeConfig } from "../../config/describe-config.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { type Column, renderTable } from "../output/table.js";

interface ConfigListOptions extends ReadOptions {
  sources?: boolean;
  all?: boolean;
}

export function configListCommand(state: RunState): Command {
  const command = readLeaf<ConfigListOptions>(state, "list", "every setting that somebody names, and its value", list)
    .option("--sources", "also who said so: a flag, a variable, or a file and its line")
    .option("--all", "also the settings that nobody names");
  return examples(command, ["sessiondb config list", "sessiondb config list --sources --json"]);
}

/** A value that cannot be used is a warning here: this is the command with which one looks for it. */
async function list({ config, options, streams }: CommandContext<ConfigListOptions>): Promise<undefined> {
  const settings = describeConfig(config()).filter(({ source }) => source !== null || options.all === true);
  if (streams.json) {
    streams.document({ schema: "config-list/1", items: settings });
    return;
  }
  const columns: Column<DescribedSetting>[] = [
    { title: "KEY", value: ({ key }) => key },
    {
      title: "VALUE",
      value: ({ value, problem }) => (problem === undefined ? textOf(value) : problem.code),
      narrow: 24,
    },
  ];
  if (options.sources === true) columns.push({ title: "SOURCE", value: ({ source }) => source?.name });
  streams.lines(renderTable(settings, columns, streams.width));
  for (const { problem } of settings) if (problem !== undefined) streams.note(`warning: ${problem.message}`);
}

function textOf(value: DescribedSetting["value"]): string | undefined {
  return value === null ? undefined : String(value);
}
