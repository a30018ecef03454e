import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { defined } from "../../defined.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { type SessionLogEntry, type SessionLogOptions, sessionLogPage } from "../../inspect/session-log.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { changeLines } from "../output/change-lines.js";
import { printable } from "../output/escape.js";
import { renderTable } from "../output/table.js";
import { type RangeOptions, resolveRange, withRange } from "../range.js";

interface LogOptions extends ReadOptions, AsOfOptions, RangeOptions {
  patch?: boolean;
  limit?: number;
  reverse?: boolean;
  type?: string;
  actor?: string;
  path?: string;
}

export function logCommand(state: RunState): Command {
  const summary = "who changed a session, when and why, newest first";
  const command = withRange(readLeaf<LogOptions>(state, "log <session>", summary, log))
    .option("--patch", "also what changed, from what to what")
    .option("--type <glob>", "only events of such a type, for example 'session.pr-*'")
    .option("--actor <glob>", "only events by such an actor, for example 'agent:*'")
    .option("--path <path>", "only what changed there: prState, prState.exists, /prState/exists")
    .option("--reverse", "oldest first")
    .option("--limit <n>", "at most this many", wholeNumber("--limit"))
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session log auth-refactor --patch --store sqlite:./s.db",
    "sessiondb session log auth-refactor --since 7d --path branch --patch --store sqlite:./s.db",
  ]);
}

async function log({ openStore, options, streams }: CommandContext<LogOptions>, id: string): Promise<undefined> {
  const store = await openStore({ mustExist: true });
  const point = await resolveAsOf(store, options, streams, sessionStream(id));
  const range = await resolveRange(store, options, streams, { stream: sessionStream(id) });
  const asked = { ...askedOf(options), ...range, ...(point === undefined ? {} : { toOffset: point.offset }) };
  const { limit = Number.POSITIVE_INFINITY, reverse = false } = options;
  const { items, total } = await sessionLogPage(store, id, asked, limit, reverse ? "oldest" : "newest");
  const shown = reverse ? items : items.toReversed();
  if (streams.json) {
    const offset = point?.offset ?? (await store.tail()).offset;
    streams.document({ schema: "session-log/1", offset, session: id, total, items: shown });
    return;
  }
  const [, ...rows] = renderTable(shown, COLUMNS, streams.width);
  streams.lines(
    shown.flatMap((entry, i) => [rows[i] as string, ...(options.patch === true ? detailLines(entry) : [])]),
  );
  streams.note(`${shown.length} of ${total} events`);
}

function askedOf({ type, actor, path }: LogOptions): SessionLogOptions {
  return {
    ...defined({ type, actor }),
    ...(path === undefined ? {} : { path: parseFieldPath(path) }),
  };
}

const COLUMNS = [
  { title: "VERSION", value: ({ version }: SessionLogEntry) => `v${version}` },
  { title: "OFFSET", value: ({ offset }: SessionLogEntry) => offset, align: "right" as const },
  { title: "TIME", value: ({ recordedAt }: SessionLogEntry) => recordedAt, time: true as const },
  { title: "BY", value: ({ actor }: SessionLogEntry) => actor, narrow: 16 },
  { title: "TYPE", value: ({ type }: SessionLogEntry) => type },
  {
    title: "WHY",
    value: ({ reason }: SessionLogEntry) => (reason === undefined ? " " : JSON.stringify(reason)),
    narrow: 24,
  },
];

function detailLines({ changes, fault }: SessionLogEntry): string[] {
  const passedOver = fault === undefined ? [] : [printable(`       ! passed over: ${fault}`)];
  return [...changeLines(changes, undefined, "       "), ...passedOver];
}
