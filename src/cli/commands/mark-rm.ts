import type { Command } from "commander";
import { removeMark } from "../../session/set-mark.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";

interface RmOptions extends CommonOptions {
  reason?: string;
}

export function markRmCommand(state: RunState): Command {
  const command = leaf<RmOptions>(state, "rm <name>", "take a name away; the log keeps what it meant", rm).option(
    "--reason <text>",
    "why, for the audit trail",
  );
  return examples(command, ["sessiondb mark rm before-merge --store sqlite:./s.db"]);
}

async function rm({ openStore, options, streams }: CommandContext<RmOptions>, name: string): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { actor, reason } = options;
  const mark = await removeMark(log, name, {
    ...(actor === undefined ? {} : { actor }),
    ...(reason === undefined ? {} : { reason }),
  });
  if (streams.json) streams.document({ schema: "mark-rm/1", offset: (await log.tail()).offset, removed: mark });
  else streams.lines([`mark:${name} is gone; it was offset ${mark.offset}`]);
  streams.note(`set it again: sessiondb mark add ${name} --at ${mark.offset}`);
}
