import type { Command } from "commander";
import { defined } from "../../defined.js";
import { removeMark } from "../../session/set-mark.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";

interface RmOptions extends CommonOptions {
  reason?: string;
  dryRun?: boolean;
}

export function markRmCommand(state: RunState): Command {
  const command = leaf<RmOptions>(state, "rm <name>", "take a name away; the log keeps what it meant", rm)
    .option("--reason <text>", "why, for the audit trail")
    .option("--dry-run", "write nothing, say what would be written");
  return examples(command, ["sessiondb mark rm before-merge --store sqlite:./s.db"]);
}

async function rm(
  { openStore, options, storeOption, streams }: CommandContext<RmOptions>,
  name: string,
): Promise<undefined> {
  const { actor, reason, dryRun = false } = options;
  const log = await openStore({ mustExist: true, trial: dryRun });
  const mark = await removeMark(log, name, defined({ actor, reason }));
  const trial = dryRun ? { dryRun } : {};
  if (streams.json)
    streams.document({ schema: "mark-rm/1", offset: (await log.tail()).offset, ...trial, removed: mark });
  else streams.lines([`mark:${name} ${dryRun ? "would be" : "is"} gone; it was offset ${mark.offset}`]);
  streams.note(
    dryRun ? "nothing was written" : `set it again: sessiondb mark add ${name} --at ${mark.offset}${storeOption}`,
  );
}
