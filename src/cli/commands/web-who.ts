import type { Command } from "commander";
import { type SignedInUser, signedInUsers } from "../../inspect/web-sessions.js";
import { asOfOption } from "../as-of.js";
import { type CommandContext, examples, type RunState, readLeaf } from "../command.js";
import { type Column, renderTable } from "../output/table.js";
import { onWebStore, openWebStore, questionOf, type WebQuestionOptions, withUser } from "../web-leaf.js";

const COLUMNS: readonly Column<SignedInUser>[] = [
  { title: "USER", value: ({ user }) => user, narrow: 20 },
  { title: "SESSIONS", value: ({ sessions }) => sessions, align: "right" },
  { title: "SINCE", value: ({ since }) => since },
  { title: "SEEN", value: ({ seenAt }) => seenAt },
];

export function webWhoCommand(state: RunState): Command {
  const summary = "who is signed in, or was at a point: one line a user";
  const command = withUser(onWebStore(readLeaf<WebQuestionOptions>(state, "who", summary, who)));
  return examples(command.addOption(asOfOption()), [
    "sessiondb web who --store sqlite:./s.db",
    "sessiondb web who --as-of 1d --store sqlite:./s.db --json",
  ]);
}

async function who(context: CommandContext<WebQuestionOptions>): Promise<undefined> {
  const { options, streams } = context;
  const log = await openWebStore(context);
  const { offset, at, users } = await signedInUsers(log, questionOf(options));
  if (streams.json) {
    streams.document({ schema: "web-who/1", offset, at, items: users });
    return;
  }
  if (users.length > 0) streams.lines(renderTable(users, COLUMNS, streams.width));
  streams.note(`${users.length} users · at ${at} · offset ${offset} · ${log.url}`);
}
