import type { Command } from "commander";
import { defined } from "../../defined.js";
import { shellWord } from "../../log/shell-word.js";
import { deleteWithWorkspace } from "../../workspace/delete-session.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { changed } from "../output/changed.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

interface DeleteOptions extends CommonOptions, BaseDirOptions {
  reason?: string;
  expectVersion?: number;
  workspace?: boolean;
  force?: boolean;
  dryRun?: boolean;
}

export function deleteCommand(state: RunState): Command {
  const command = leaf<DeleteOptions>(state, "delete <session>", "delete a session; its past stays answerable", act)
    .option(
      "--expect-version <n>",
      "refuse (exit code 4) unless the session is at this version",
      wholeNumber("--expect-version"),
    )
    .option("--reason <text>", "why, for the audit trail")
    .option("--workspace", "also remove its folder; refused (exit code 7) where that would lose work")
    .option("--force", "with --workspace: remove it all the same")
    .option("--dry-run", "write nothing, say what would be written")
    .addOption(baseDirOption());
  return examples(command, [
    'sessiondb session delete auth-refactor --reason "merged" --store sqlite:./s.db',
    "sessiondb session delete docs-site --workspace --store sqlite:./s.db",
  ]);
}

async function act(
  { openStore, options, storeOption, config, streams }: CommandContext<DeleteOptions>,
  id: string,
): Promise<undefined> {
  const { reason, expectVersion, workspace, force, dryRun = false } = options;
  const log = await openStore({ mustExist: true, trial: dryRun });
  const note = defined({ reason, expectedVersion: expectVersion });
  const tools = await workspaceTools(log, { options, config });
  const result =
    workspace === true
      ? await deleteWithWorkspace(tools, id, { ...note, force: force === true, keep: dryRun })
      : { ...(await tools.store.delete(id, note)), removed: undefined };
  changed(streams, id, result.events, { dryRun });
  if (workspace === true) {
    const done = dryRun ? "would remove" : "removed";
    streams.note(result.removed === undefined ? "it had no workspace here" : `${done} ${result.removed}`);
  }
  if (dryRun) return;
  streams.note(`its past is still there: sessiondb session log ${shellWord(id)}${storeOption}`);
}
