import type { Command } from "commander";
import { expireSessions } from "../../web-session/ending-sessions.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { keysOption, onWebStore, openWebStore, type WebChangeOptions, withSessions } from "../web-leaf.js";

export function webExpireCommand(state: RunState): Command {
  const summary = "sweep the sessions that have expired and destroy their keys, and keys that others did not get to";
  const command = onWebStore(leaf<WebChangeOptions>(state, "expire", summary, expire));
  return examples(command.addOption(keysOption()), ["sessiondb web expire --store sqlite:./s.db"]);
}

async function expire(context: CommandContext<WebChangeOptions>): Promise<undefined> {
  const { options, streams } = context;
  const log = await openWebStore(context);
  const count = await withSessions(log, options, expireSessions);
  const { offset } = await log.tail();
  if (streams.json) streams.document({ schema: "web-expire/1", offset, count });
  else streams.lines([`expired ${count} ${count === 1 ? "session" : "sessions"}`]);
}
