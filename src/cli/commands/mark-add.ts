import type { Command } from "commander";
import { setMark } from "../../session/set-mark.js";
import { notedPoint } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";

interface AddOptions extends CommonOptions {
  at?: string;
  reason?: string;
  force?: boolean;
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
    .option("--force", "move a name that is taken");
  return examples(command, ['sessiondb mark add before-merge --reason "all green" --store sqlite:./s.db']);
}

async function add({ openStore, options, streams }: CommandContext<AddOptions>, name: string): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { actor, reason, force = false } = options;
  const at = options.at === undefined ? undefined : (await notedPoint(log, options.at, streams)).offset;
  const mark = await setMark(log, name, {
    force,
    ...(actor === undefined ? {} : { actor }),
    ...(reason === undefined ? {} : { reason }),
    ...(at === undefined ? {} : { at }),
  });
  if (streams.json) streams.document({ schema: "mark-add/1", offset: mark.setOffset, mark });
  else streams.lines([`mark:${name} is offset ${mark.offset}`]);
  streams.note(`appended ${mark.setOffset}  mark.set · take it away: sessiondb mark rm ${name}`);
}
