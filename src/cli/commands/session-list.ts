import type { Command } from "commander";
import type { SessionDocument } from "../../../projections/sessions.js";
import { querySessions } from "../../session/query-sessions.js";
import { SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { pickFields } from "../output/pick-fields.js";
import { relativeTime } from "../output/relative-time.js";
import { type Column, renderTable } from "../output/table.js";

interface ListOptions extends CommonOptions, AsOfOptions {
  repo?: string;
  task?: string;
  status?: string;
  limit?: number;
  all?: boolean;
}

/** Rows on a terminal, where nobody asked for a number. */
const TERMINAL_ROWS = 30;

const NEWEST_FIRST = (a: SessionDocument, b: SessionDocument) => b.lastOffset - a.lastOffset;

export function listCommand(state: RunState): Command {
  const command = leaf<ListOptions>(state, "list", "list sessions, the last changed one first", list)
    .alias("ls")
    .option("--repo <name>", "only sessions of this repository")
    .option("--task <id>", "only sessions of this task; #283, 283 and md#283 find each other")
    .option("--status <status>", "only sessions with this status")
    .option("--limit <n>", "at most this many", wholeNumber("--limit"))
    .option("--all", "all of them, also on a terminal")
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session list --store sqlite:./s.db",
    "sessiondb session list --as-of HEAD~1 --store sqlite:./s.db --json=session,status",
  ]);
}

async function list({ openStore, options, streams }: CommandContext<ListOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const point = await resolveAsOf(log, options, streams);
  const found = await new SessionStore(log).list(point === undefined ? {} : { asOf: point.offset });
  const { repo, task, status } = options;
  const filters = {
    ...(repo === undefined ? {} : { repoName: repo }),
    ...(task === undefined ? {} : { taskId: task }),
    ...(status === undefined ? {} : { status }),
  };
  const matching = querySessions(found.documents, filters).sort(NEWEST_FIRST);
  const limit =
    options.limit ?? (streams.width !== undefined && options.all !== true ? TERMINAL_ROWS : matching.length);
  const shown = matching.slice(0, limit);
  if (streams.json) {
    const items = shown.map((document) => pickFields(told(document), options.fields));
    streams.document({ schema: "session-list/1", offset: found.offset, total: matching.length, items });
    return;
  }
  const human = streams.width !== undefined;
  if (shown.length > 0) streams.lines(renderTable(shown, columnsOf(human), streams.width));
  const rest = shown.length < matching.length ? " · --all shows the rest" : "";
  streams.note(`${shown.length} of ${matching.length} sessions · offset ${found.offset} · ${log.url}${rest}`);
}

function columnsOf(human: boolean): Column<SessionDocument>[] {
  const text = (value: unknown) =>
    typeof value === "string" ? value : value === undefined || value === null ? undefined : JSON.stringify(value);
  return [
    { title: "SESSION", value: ({ id }) => id, narrow: 16 },
    { title: "STATUS", value: ({ record }) => text(record.status) },
    { title: "TASK", value: ({ record }) => text(record.taskId), narrow: 8 },
    { title: "BRANCH", value: ({ record }) => text(record.branch), narrow: 12 },
    { title: "LAST BY", value: ({ lastActor }) => lastActor, narrow: 12 },
    { title: "UPDATED", value: ({ updatedAt }) => (human ? relativeTime(updatedAt, new Date()) : updatedAt) },
    { title: "EVENTS", value: ({ version }) => version, align: "right" },
  ];
}

/** The record, and what the log knows of it. */
function told({ record, version, lastOffset, updatedAt, lastActor }: SessionDocument): Record<string, unknown> {
  return { ...record, version, lastOffset, updatedAt, lastActor };
}
