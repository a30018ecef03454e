import { type Command, Option } from "commander";
import type { SessionDocument } from "../../../projections/sessions.js";
import { defined } from "../../defined.js";
import { type FirstSessions, firstSessions } from "../../inspect/first-sessions.js";
import { orderSessions, SESSION_ORDERS, type SessionOrder, selectSessions } from "../../inspect/session-selection.js";
import type { EventLog } from "../../log/event-log.js";
import { querySessions } from "../../session/query-sessions.js";
import { SessionStore } from "../../session/session-store.js";
import { HEALTHS, type SessionHealth, sessionHealth } from "../../workspace/session-health.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { EXIT } from "../exit-code.js";
import { sessionItem } from "../output/session-item.js";
import { sessionRows } from "../output/session-rows.js";
import type { Streams } from "../output/streams.js";
import { type OffsetsBetween, type RangeOptions, resolveRange, withRange } from "../range.js";
import { showAgain } from "../show-again.js";

interface ListOptions extends ReadOptions, AsOfOptions, RangeOptions {
  repo?: string;
  task?: string;
  status?: string;
  health?: SessionHealth;
  actor?: string;
  sort: SessionOrder;
  limit?: number;
  all?: boolean;
  ndjson?: boolean;
  watch?: boolean;
}

/** Rows on a terminal, where nobody asked for a number. */
const TERMINAL_ROWS = 30;

export function listCommand(state: RunState): Command {
  const command = withRange(readLeaf<ListOptions>(state, "list", "list sessions, the last changed one first", list))
    .alias("ls")
    .option("--repo <name>", "only sessions of this repository")
    .option("--task <id>", "only sessions of this task; #283, 283 and md#283 find each other")
    .option("--status <status>", "only sessions with this status")
    .addOption(
      new Option(
        "--health <health>",
        "only these: idle for 30 minutes, stale for 2 hours, orphaned where the folder is gone",
      )
        .choices([...HEALTHS])
        .conflicts("asOf"),
    )
    .option("--actor <glob>", "only sessions that such an actor changed last, for example 'agent:*'")
    .addOption(new Option("--sort <order>", "what comes first").choices([...SESSION_ORDERS]).default("updated"))
    .option("--limit <n>", "at most this many", wholeNumber("--limit"))
    .option("--all", "all of them, also on a terminal")
    .addOption(new Option("--ndjson", "one JSON record a line, and a last line that says so").conflicts("json"))
    .addOption(new Option("--watch", "list them again after each change, until Ctrl-C").conflicts("asOf"))
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session list --store sqlite:./s.db",
    "sessiondb session list --since 7d --actor 'agent:*' --sort events --store sqlite:./s.db",
    "sessiondb session list --health orphaned --store sqlite:./s.db",
    "sessiondb session list --as-of HEAD~1 --store sqlite:./s.db --json=session,status",
  ]);
}

async function list({ openStore, options, streams }: CommandContext<ListOptions>): Promise<number> {
  const log = await openStore({ mustExist: true });
  if (options.watch === true) return showAgain(log, streams, () => show(log, options, streams));
  await show(log, options, streams);
  return EXIT.done;
}

/** @returns the offset at which it is true */
async function show(log: EventLog, options: ListOptions, streams: Streams): Promise<number> {
  const point = await resolveAsOf(log, options, streams);
  const range = await resolveRange(log, options, streams);
  const now = new Date();
  const healthOf = (document: SessionDocument) => sessionHealth(document, now);
  const limit = options.limit ?? (streams.width !== undefined && options.all !== true ? TERMINAL_ROWS : undefined);
  const {
    offset,
    total,
    documents: shown,
  } = (point === undefined ? await firstOf(log, options, range, limit) : undefined) ??
  (await foldedOf(log, options, range, { limit, asOf: point?.offset, healthOf }));
  // What is on the disk now says nothing about the past.
  const told = point === undefined ? healthOf : undefined;
  if (streams.json) {
    const items = shown.map((document) => {
      const item = sessionItem(document);
      return told === undefined ? item : { ...item, health: told(document) };
    });
    if (options.ndjson === true) streams.records(items, offset);
    else streams.document({ schema: "session-list/1", offset, total, items });
    return offset;
  }
  if (shown.length > 0) streams.lines(sessionRows(shown, streams.width, now, told));
  const rest = shown.length < total ? " · --all shows the rest" : "";
  streams.note(`${shown.length} of ${total} sessions · offset ${offset} · ${log.url}${rest}`);
  return offset;
}

/** The few that are shown, from a table; undefined where it cannot tell. */
async function firstOf(
  log: EventLog,
  { repo, status, task, actor, health, sort }: ListOptions,
  range: OffsetsBetween,
  limit: number | undefined,
): Promise<FirstSessions | undefined> {
  const isForState = task !== undefined || actor !== undefined || health !== undefined;
  if (limit === undefined || isForState) return undefined;
  const names = defined({ repoName: repo, status });
  return firstSessions(log, { ...names, ...range, order: sort, limit });
}

interface Folding {
  readonly limit: number | undefined;
  readonly asOf: number | undefined;
  readonly healthOf: (document: SessionDocument) => SessionHealth;
}

async function foldedOf(
  log: EventLog,
  options: ListOptions,
  range: OffsetsBetween,
  { limit, asOf, healthOf }: Folding,
): Promise<FirstSessions> {
  const { offset, documents } = await new SessionStore(log).list(asOf === undefined ? {} : { asOf });
  const matching = matchingOf(documents, options, range).filter(
    (document) => options.health === undefined || healthOf(document) === options.health,
  );
  return { offset, total: matching.length, documents: matching.slice(0, limit) };
}

function matchingOf(
  documents: readonly SessionDocument[],
  { repo, task, status, actor, sort }: ListOptions,
  range: OffsetsBetween,
): SessionDocument[] {
  const filters = defined({ repoName: repo, taskId: task, status });
  const selection = { ...range, ...defined({ actor }) };
  return orderSessions(selectSessions(querySessions(documents, filters), selection), sort);
}
