import type { Command } from "commander";
import { refreshCollab } from "../../inspect/collab-refresh.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";

export function collabRefreshCommand(state: RunState): Command {
  const summary = "bring the tables and views that SQL tools read up to the log";
  return examples(leaf<CommonOptions>(state, "refresh", summary, refresh), [
    "sessiondb collab refresh --store sqlite:./s.db",
  ]);
}

async function refresh({ openStore, streams }: CommandContext<CommonOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const offset = await refreshCollab(log);
  if (streams.json) streams.document({ schema: "collab-refresh/1", offset });
  else streams.lines([`everything is at offset ${offset}`]);
}
