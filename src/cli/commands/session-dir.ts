import type { Command } from "commander";
import { repositoryFiles } from "../../workspace/repository-files.js";
import { workspaceOf } from "../../workspace/workspace-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

interface DirOptions extends ReadOptions, BaseDirOptions {}

export function dirCommand(state: RunState): Command {
  const summary = "print the folder in which the session's files are";
  const command = readLeaf<DirOptions>(state, "dir <session>", summary, dir).addOption(baseDirOption());
  return examples(command, ["sessiondb session dir docs-site --store sqlite:./s.db"]);
}

async function dir(
  { openStore, options, config, streams }: CommandContext<DirOptions>,
  id: string,
): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { store, folders } = await workspaceTools(log, { options, config });
  const { record } = await store.get(id);
  const path = workspaceOf(folders, record);
  if (streams.json) {
    const { offset } = await log.tail();
    streams.document({ schema: "session-dir/1", offset, session: id, path, worktree: isWorktree(path) });
  } else streams.lines([printable(path)]);
}

/** Null where it is no git repository. */
function isWorktree(path: string): boolean | null {
  try {
    return repositoryFiles(path).isWorktree;
  } catch {
    return null;
  }
}
