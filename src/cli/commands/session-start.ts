import { type Command, Option } from "commander";
import { SessionStore } from "../../session/session-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { changed } from "../output/changed.js";

interface StartOptions extends CommonOptions {
  repo?: string;
  repoName?: string;
  task?: string;
  branch?: string;
  description?: string;
  reason?: string;
  recreate?: boolean;
}

export function startCommand(state: RunState): Command {
  const command = leaf<StartOptions>(state, "start <session>", "record a new session", start)
    .option("--repo <url>", "URL or path of the repository")
    .option("--repo-name <name>", "default: the last parts of --repo")
    .option("--task <id>", "the task it belongs to")
    .option("--branch <name>", "default: the session's id")
    .option("--description <text>", "what it is about")
    .option("--reason <text>", "why, for the audit trail")
    .addOption(new Option("--recreate", "use the id of a deleted session again"));
  return examples(command, [
    "sessiondb session start auth-refactor --repo https://example.com/app.git --branch auth --store sqlite:./s.db",
  ]);
}

async function start({ openStore, options, streams }: CommandContext<StartOptions>, id: string): Promise<undefined> {
  const store = new SessionStore(await openStore(), options.actor === undefined ? {} : { actor: options.actor });
  const { repo, task, branch, description, reason, recreate } = options;
  const record = {
    session: id,
    repoName: options.repoName ?? (repo === undefined ? undefined : nameOf(repo)),
    repoUrl: repo,
    createdAt: new Date().toISOString(),
    taskId: task,
    branch: branch ?? id,
    description,
    status: "CREATED",
  };
  const result = await store.create(record as { session: string }, {
    ...(reason === undefined ? {} : { reason }),
    ...(recreate === undefined ? {} : { recreate }),
  });
  changed(streams, id, result.events);
}

/** `https://example.com/team/app.git` → `team/app` */
function nameOf(repo: string): string {
  const parts = repo
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .filter((part) => part !== "");
  return parts.slice(-2).join("/");
}
