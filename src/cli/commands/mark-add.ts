import type { Command } from "commander";
import { defined } from "../../defined.js";
import { setMark } from "../../session/set-mark.js";
import { notedPoint } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";

interface AddOptions extends CommonOptions {
  at?: string;
  reason?: string;
  force?: boolean;
  dryRun?: boolean;
}

export function markAddCommand(state: RunState): Command {
  const command = leaf<AddOptions>(
    state,
    "add <name>",
    "give a place in the log a name: mark:NAME is a point then",
    add,
  )
    .option("--at <point>", "the place; default HEAD, the last event before the mark itself")
    .option("--reason <text>", "why, for the audit trail")
    .option("--force", "move a name that is taken")
    .option("--dry-run", "write nothing, say what would be written");
  return examples(command, ['sessiondb mark add before-merge --reason "all green" --store sqlite:./s.db']);
}

async function add(
  { openStore, options, storeOption, streams }: CommandContext<AddOptions>,
  name: string,
): Promise<undefined> {
  const { actor, reason, force = false, dryRun = false } = options;
  const log = await openStore({ mustExist: true, trial: dryRun });
  const at = options.at === undefined ? undefined : (await notedPoint(log, options.at, streams)).offset;
  const mark = await setMark(log, name, {
    force,
    ...defined({ actor, reason, at }),
  });
  if (streams.json)
    streams.document({ schema: "mark-add/1", offset: mark.setOffset, ...(dryRun ? { dryRun } : {}), mark });
  else streams.lines([`mark:${name} ${dryRun ? "would be" : "is"} offset ${mark.offset}`]);
  streams.note(
    dryRun
      ? "nothing was written"
      : `appended ${mark.setOffset}  mark.set · take it away: sessiondb mark rm ${name}${storeOption}`,
  );
}
