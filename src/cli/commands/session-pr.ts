import { type Command, Option } from "commander";
import type { SessionRecord } from "../../../projections/session-record.js";
import { defined } from "../../defined.js";
import { SessionStore } from "../../session/session-store.js";
import { type KnownPr, knownPrs } from "../../workspace/known-prs.js";
import { createPr } from "../../workspace/pr-create.js";
import { mergePr } from "../../workspace/pr-merge.js";
import { prStatus } from "../../workspace/pr-state.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import {
  type CommandContext,
  type CommonOptions,
  examples,
  leaf,
  noun,
  type ReadOptions,
  type RunState,
  readLeaf,
} from "../command.js";
import { changed } from "../output/changed.js";
import { relativeTime } from "../output/relative-time.js";
import { type Column, renderFields, renderTable } from "../output/table.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

interface PrOptions extends CommonOptions, BaseDirOptions {
  base?: string;
  force?: boolean;
  reason?: string;
}

interface PrCreateOptions extends PrOptions {
  title?: string;
  body?: string;
}

interface PrShowOptions extends CommonOptions, BaseDirOptions {
  refresh?: boolean;
}

export function prCommand(state: RunState): Command {
  return noun("pr", "the pull request of a session: a branch pr/<session> in its repository", [
    examples(createCommand(state), ['sessiondb session pr create docs-site --title "A page" --store sqlite:./s.db']),
    examples(listCommand(state), ["sessiondb session pr list --store sqlite:./s.db"]),
    examples(showCommand(state), ["sessiondb session pr show docs-site --refresh --store sqlite:./s.db"]),
    examples(mergeCommand(state), ["sessiondb session pr merge docs-site --force --store sqlite:./s.db"]),
  ]);
}

function createCommand(state: RunState): Command {
  return leaf<PrCreateOptions>(
    state,
    "create <session>",
    "push what is committed, and record it; again for more",
    create,
  )
    .option("--title <text>", "what it is; the first line of the merge")
    .option("--body <text>", "more about it")
    .option("--base <branch>", "what it is to be merged into; default: the repository's own branch")
    .option("--force", "also where the branch holds something else by now: after a rebase")
    .option("--reason <text>", "why, for the audit trail")
    .addOption(baseDirOption());
}

function listCommand(state: RunState): Command {
  const summary = "what the records say of pull requests; asks no git";
  return readLeaf<ReadOptions & AsOfOptions>(state, "list", summary, list).addOption(asOfOption());
}

function showCommand(state: RunState): Command {
  return leaf<PrShowOptions>(
    state,
    "show <session>",
    "whether it exists; asks git where nobody did for 5 minutes",
    show,
  )
    .addOption(new Option("--refresh", "ask git now"))
    .addOption(baseDirOption());
}

function mergeCommand(state: RunState): Command {
  return leaf<PrOptions>(state, "merge <session>", "merge it in the repository, and record that", merge)
    .option("--base <branch>", "default: as it was made, else the repository's own branch")
    .option("--force", "also where it is not approved")
    .option("--reason <text>", "why, for the audit trail")
    .addOption(baseDirOption());
}

async function create(
  { openStore, options, config, streams }: CommandContext<PrCreateOptions>,
  id: string,
): Promise<undefined> {
  const tools = await workspaceTools(await openStore({ mustExist: true }), { options, config });
  const { title, body, base, force, reason } = options;
  const { events, document } = await createPr(tools, id, defined({ title, body, base, force, reason }));
  changed(streams, id, events);
  streams.note(`pushed to ${(document.record as SessionRecord).prBranch}`);
}

async function merge(
  { openStore, options, config, streams }: CommandContext<PrOptions>,
  id: string,
): Promise<undefined> {
  const tools = await workspaceTools(await openStore({ mustExist: true }), { options, config });
  const { base, force, reason } = options;
  const merged = await mergePr(tools, id, defined({ base, force, reason }));
  changed(streams, id, merged.events);
  streams.note(`${merged.base} is at ${merged.commit}`);
}

async function show(
  { openStore, options, config, streams }: CommandContext<PrShowOptions>,
  id: string,
): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const tools = await workspaceTools(log, { options, config });
  const status = await prStatus(tools, id, options.refresh === true ? { freshMs: 0 } : {});
  if (streams.json) {
    const { offset } = await log.tail();
    return void streams.document({ schema: "session-pr/1", offset, ...status });
  }
  streams.lines(renderFields(Object.entries(status).map(([name, value]) => [name, String(value ?? "-")] as const)));
}

async function list(context: CommandContext<ReadOptions & AsOfOptions>): Promise<undefined> {
  const { streams } = context;
  const { documents, offset } = await new SessionStore(await openAsOf(context)).list();
  const items = knownPrs(documents);
  if (streams.json) {
    return void streams.document({ schema: "session-pr-list/1", offset, total: items.length, items });
  }
  const now = new Date();
  // A pipe gets times as they are, a terminal as people tell them.
  const told = (time: string | null) => (time === null || streams.width === undefined ? time : relativeTime(time, now));
  const columns: Column<KnownPr>[] = [
    { title: "SESSION", value: ({ session }) => session, narrow: 14 },
    { title: "BRANCH", value: ({ branch }) => branch, narrow: 14 },
    { title: "EXISTED", value: ({ exists }) => String(exists) },
    { title: "STATUS", value: ({ status }) => status, narrow: 8 },
    { title: "APPROVED", value: ({ approved }) => (approved === null ? null : String(approved)) },
    { title: "CHECKED", value: ({ checkedAt }) => told(checkedAt) },
    { title: "MERGED", value: ({ mergedAt }) => told(mergedAt) },
  ];
  if (items.length > 0) streams.lines(renderTable(items, columns, streams.width));
  streams.note(`${items.length} pull ${items.length === 1 ? "request" : "requests"} · offset ${offset}`);
}
