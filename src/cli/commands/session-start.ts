import { type Command, Option } from "commander";
import { defined } from "../../defined.js";
import { UsageError } from "../../errors.js";
import type { ChangeResult } from "../../session/session-store.js";
import { SessionStore } from "../../session/session-store.js";
import { sessionIdOfTask } from "../../session/task-id.js";
import { parseRepository } from "../../workspace/repository-address.js";
import { startSession } from "../../workspace/start-session.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { interruptible } from "../interruptible.js";
import { changed } from "../output/changed.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

interface StartOptions extends CommonOptions, BaseDirOptions {
  repo?: string;
  repoName?: string;
  task?: string;
  branch?: string;
  description?: string;
  reason?: string;
  recreate?: boolean;
  worktree?: boolean;
  /** commander's name for --no-workspace: true unless that is given. */
  workspace: boolean;
  dryRun?: boolean;
}

export function startCommand(state: RunState): Command {
  const summary = "record a new session; with --repo, clone it and make its branch";
  const command = leaf<StartOptions>(state, "start [session]", summary, start)
    .option("--repo <url>", "the repository: https://…, ssh://…, user@host:path, or a folder")
    .option("--repo-name <name>", "default: the last parts of --repo")
    .option("--task <id>", "the task it belongs to; without a name the session is named after it: task#283")
    .option("--branch <name>", "default: the session's id")
    .option("--description <text>", "what it is about")
    .option("--reason <text>", "why, for the audit trail")
    .addOption(new Option("--worktree", "a git worktree of the folder --repo instead of a clone"))
    .option("--no-workspace", "record the session only: nothing is cloned")
    .addOption(baseDirOption())
    .addOption(new Option("--recreate", "use the id of a deleted session again"))
    .option("--dry-run", "write nothing, say what would be recorded; not of a workspace, which git would have to make");
  return examples(command, [
    "sessiondb session start auth-refactor --task mt#7 --branch auth --store sqlite:./s.db",
    "sessiondb session start --repo ./app --task mt#7 --store sqlite:./s.db",
    "sessiondb session start docs --repo https://example.com/app.git --no-workspace --store sqlite:./s.db",
  ]);
}

async function start(context: CommandContext<StartOptions>, name?: string): Promise<undefined> {
  const { options, streams } = context;
  const id = name ?? sessionNamed(options.task);
  const withWorkspace = options.repo !== undefined && options.workspace;
  if (options.worktree === true && !withWorkspace) {
    throw new UsageError("ARGUMENT_INVALID", "--worktree needs --repo, and no --no-workspace", {
      hint: "for example --repo ./app --worktree",
    });
  }
  if (options.dryRun === true && withWorkspace) {
    throw new UsageError("ARGUMENT_INVALID", "--dry-run says what would be recorded, and makes no workspace", {
      hint: "add --no-workspace",
    });
  }
  const result = withWorkspace ? await startWorkspace(context, id) : await recordOnly(context, id);
  changed(streams, id, result.events, { dryRun: options.dryRun === true });
  const { workspacePath } = result.document.record;
  if (withWorkspace) streams.note(`workspace: ${workspacePath}`);
}

async function startWorkspace({ openStore, options, config, streams }: CommandContext<StartOptions>, id: string) {
  const repository = parseRepository(options.repo as string, process.cwd());
  const tools = await workspaceTools(await openStore(), { options, config });
  const request = {
    record: recordOf(id, options),
    repository,
    worktree: options.worktree === true,
    onProgress: (said: string) => streams.progress(said),
    ...noteOf(options),
  };
  return interruptible((signal) => startSession(tools, { ...request, signal }));
}

async function recordOnly({ openStore, options }: CommandContext<StartOptions>, id: string): Promise<ChangeResult> {
  const log = await openStore({ trial: options.dryRun === true });
  const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
  return store.create({ ...recordOf(id, options), repoUrl: options.repo } as { session: string }, noteOf(options));
}

function recordOf(id: string, { repo, repoName, task, branch, description }: StartOptions) {
  const record = {
    session: id,
    repoName: repoName ?? (repo === undefined ? undefined : nameOf(repo)),
    createdAt: new Date().toISOString(),
    taskId: task,
    branch: branch ?? id,
    description,
    status: "CREATED",
  };
  return record as { session: string; branch: string }; // what is undefined is not recorded
}

function noteOf({ reason, recreate }: StartOptions): { reason?: string; recreate?: boolean } {
  return defined({ reason, recreate });
}

function sessionNamed(task: string | undefined): string {
  const id = task === undefined ? undefined : sessionIdOfTask(task);
  if (id !== undefined) return id;
  throw new UsageError("ARGUMENT_INVALID", "start needs a name for the session, or a --task with a number", {
    hint: "for example: sessiondb session start auth-refactor, or --task md#283",
  });
}

/** `https://example.com/team/app.git` → `team/app` */
function nameOf(repo: string): string {
  const parts = repo
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.slice(-2).join("/");
}
