import { type Command, Option } from "commander";
import { defined } from "../../defined.js";
import { listWebSessions, type WebSessionInfo } from "../../inspect/web-sessions.js";
import { asOfOption } from "../as-of.js";
import { type CommandContext, examples, type RunState, readLeaf, wholeNumber } from "../command.js";
import { relativeTime } from "../output/relative-time.js";
import { type Column, renderTable } from "../output/table.js";
import { onWebStore, openWebStore, questionOf, type WebQuestionOptions, withUser } from "../web-leaf.js";

interface ListOptions extends WebQuestionOptions {
  limit?: number;
  ndjson?: boolean;
}

/** Hex digits of a hash on a terminal: enough to tell a million sessions apart. */
const SHORT_HASH = 12;

export function webListCommand(state: RunState): Command {
  const summary = "the sessions that live: hashes of their ids, users and times, oldest first";
  const command = withUser(onWebStore(readLeaf<ListOptions>(state, "list", summary, list)))
    .option("--limit <n>", "at most this many", wholeNumber("--limit"))
    .addOption(new Option("--ndjson", "one JSON record a line, and a last line that says so").conflicts("json"))
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb web list --store sqlite:./s.db",
    "sessiondb web list --user ada --as-of HEAD --store sqlite:./s.db --json",
  ]);
}

async function list(context: CommandContext<ListOptions>): Promise<undefined> {
  const { options, streams } = context;
  const log = await openWebStore(context);
  const {
    offset,
    at,
    total,
    sessions: shown,
  } = await listWebSessions(log, {
    ...questionOf(options),
    ...defined({ limit: options.limit }),
  });
  if (streams.json) {
    if (options.ndjson === true) streams.records(shown, offset);
    else streams.document({ schema: "web-list/1", offset, at, total, items: shown });
    return;
  }
  if (shown.length > 0) streams.lines(renderTable(shown, columns(streams.width, at), streams.width));
  streams.note(`${shown.length} of ${total} sessions · at ${at} · offset ${offset} · ${log.url}`);
}

/** A pipe gets everything whole. */
function columns(width: number | undefined, at: string): readonly Column<WebSessionInfo>[] {
  const ago = (time: string) => (width === undefined ? time : relativeTime(time, new Date(at)));
  return [
    { title: "SESSION", value: ({ id }) => (width === undefined ? id : id.slice(0, SHORT_HASH)) },
    { title: "USER", value: ({ user }) => user, narrow: 16 },
    { title: "CREATED", value: ({ createdAt }) => ago(createdAt) },
    { title: "SEEN", value: ({ seenAt }) => ago(seenAt) },
    { title: "EXPIRES", value: ({ expiresAt }) => expiresAt },
  ];
}
