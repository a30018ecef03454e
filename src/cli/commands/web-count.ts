import type { Command } from "commander";
import { countWebSessions } from "../../inspect/web-sessions.js";
import { asOfOption } from "../as-of.js";
import { type CommandContext, examples, type RunState, readLeaf } from "../command.js";
import { onWebStore, openWebStore, questionOf, type WebQuestionOptions, withUser } from "../web-leaf.js";

export function webCountCommand(state: RunState): Command {
  const summary = "how many sessions live, of one user or of all";
  const command = withUser(onWebStore(readLeaf<WebQuestionOptions>(state, "count", summary, count)));
  return examples(command.addOption(asOfOption()), ["sessiondb web count --user ada --store sqlite:./s.db"]);
}

async function count(context: CommandContext<WebQuestionOptions>): Promise<undefined> {
  const { options, streams } = context;
  const log = await openWebStore(context);
  const counted = await countWebSessions(log, questionOf(options));
  if (streams.json) streams.document({ schema: "web-count/1", ...counted });
  else streams.lines([String(counted.count)]);
  streams.note(`at ${counted.at} · offset ${counted.offset} · ${log.url}`);
}
