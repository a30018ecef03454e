import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { type Change, dottedPath } from "../../inspect/changes.js";
import { type SessionLogEntry, sessionLog } from "../../inspect/session-log.js";
import type { Json } from "../../log/canonical.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { printable } from "../output/escape.js";
import { renderTable } from "../output/table.js";

interface LogOptions extends CommonOptions, AsOfOptions {
  patch?: boolean;
  limit?: number;
  reverse?: boolean;
}

export function logCommand(state: RunState): Command {
  const command = leaf<LogOptions>(state, "log <session>", "who changed a session, when and why, newest first", log)
    .option("--patch", "also what changed, from what to what")
    .option("--reverse", "oldest first")
    .option("--limit <n>", "at most this many", wholeNumber("--limit"))
    .addOption(asOfOption());
  return examples(command, ["sessiondb session log auth-refactor --patch --store sqlite:./s.db"]);
}

async function log({ openStore, options, streams }: CommandContext<LogOptions>, id: string): Promise<undefined> {
  const store = await openStore({ mustExist: true });
  const point = await resolveAsOf(store, options, streams, sessionStream(id));
  const entries: SessionLogEntry[] = [];
  for await (const entry of sessionLog(store, id, point === undefined ? {} : { toOffset: point.offset }))
    entries.push(entry);
  if (options.reverse !== true) entries.reverse();
  const shown = entries.slice(0, options.limit ?? entries.length);
  if (streams.json) {
    const offset = point?.offset ?? (await store.tail()).offset;
    streams.document({ schema: "session-log/1", offset, session: id, total: entries.length, items: shown });
    return;
  }
  const [, ...rows] = renderTable(shown, COLUMNS);
  streams.lines(
    shown.flatMap((entry, i) => [rows[i] as string, ...(options.patch === true ? detailLines(entry) : [])]),
  );
  streams.note(`${shown.length} of ${entries.length} events`);
}

const COLUMNS = [
  { title: "VERSION", value: ({ version }: SessionLogEntry) => `v${version}` },
  { title: "OFFSET", value: ({ offset }: SessionLogEntry) => offset, align: "right" as const },
  { title: "TIME", value: ({ recordedAt }: SessionLogEntry) => recordedAt },
  { title: "BY", value: ({ actor }: SessionLogEntry) => actor },
  { title: "TYPE", value: ({ type }: SessionLogEntry) => type },
  { title: "WHY", value: ({ reason }: SessionLogEntry) => (reason === undefined ? " " : JSON.stringify(reason)) },
];

function detailLines({ changes, fault }: SessionLogEntry): string[] {
  return [...changeLines(changes), ...(fault === undefined ? [] : [printable(`       ! passed over: ${fault}`)])];
}

function changeLines(changes: readonly Change[]): string[] {
  const width = Math.max(0, ...changes.map(({ path }) => dottedPath(path).length));
  return changes.map(({ path, before, after }) => {
    const sign = before === undefined ? "+" : after === undefined ? "-" : "~";
    const values =
      before === undefined ? json(after) : after === undefined ? json(before) : `${json(before)} → ${json(after)}`;
    return printable(`       ${sign} ${dottedPath(path).padEnd(width)}  ${values}`);
  });
}

function json(value: Json | undefined): string {
  return JSON.stringify(value) ?? "";
}
