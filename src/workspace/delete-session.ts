import { RefusedError } from "../errors.js";
import type { ChangeOptions } from "../session/change-options.js";
import type { ChangeResult } from "../session/session-store.js";
import { removeWorktree } from "./make-workspace.js";
import { presentSession } from "./present-session.js";
import { repositoryFiles } from "./repository-files.js";
import type { WorkspaceTools } from "./start-session.js";
import { workAtRisk } from "./work-at-risk.js";
import { workspaceIn } from "./workspace-of.js";

export interface DeleteWorkspaceOptions extends ChangeOptions {
  /** Removes the folder also where that loses work. */
  readonly force?: boolean;
  /** Leaves the folder where it is: for a store on trial, to say what would be removed. Default false. */
  readonly keep?: boolean;
}

export interface DeletedWorkspace extends ChangeResult {
  /** The folder that was removed, or with `keep` would be; undefined where there was none on this machine. */
  readonly removed: string | undefined;
}

/**
 * Deletes the session and then the folder of its workspace. Only its own folder below the base folder is ever removed,
 * and never one with work that is nowhere else, unless forced. Where it refuses, nothing was changed.
 *
 * @throws RefusedError WORKSPACE_HAS_WORK, WORKSPACE_OUTSIDE; NotFoundError SESSION_NOT_FOUND; ConflictError; StorageError
 *   WORKSPACE_FAILED after the session was deleted: session repair names the folder
 */
export async function deleteWithWorkspace(
  tools: WorkspaceTools,
  id: string,
  options: DeleteWorkspaceOptions = {},
): Promise<DeletedWorkspace> {
  const { force = false, keep = false, ...note } = options;
  const { record } = await presentSession(tools.store, id, options.expectedVersion);
  const path = workspaceIn(tools.folders, record);
  if (path !== undefined) await assertRemovable(tools, id, path, force);
  const result = await tools.store.delete(id, note);
  if (path !== undefined && !keep) await removeWorkspace(tools, id, path);
  return { ...result, removed: path };
}

/** @throws RefusedError WORKSPACE_HAS_WORK, WORKSPACE_OUTSIDE */
export async function assertRemovable(
  { git, folders }: WorkspaceTools,
  id: string,
  path: string,
  force: boolean,
): Promise<void> {
  if (!(await folders.isOwn(id, path))) {
    throw new RefusedError("WORKSPACE_OUTSIDE", `${path} is not the folder of session ${id} below ${folders.baseDir}`, {
      hint: "name its base folder with --base-dir; another folder is never removed, not even with --force",
    });
  }
  const work = force ? [] : await workAtRisk(git, path);
  if (work.length === 0) return;
  throw new RefusedError(
    "WORKSPACE_HAS_WORK",
    `the workspace of session ${id} has work that is nowhere else: ${work.join("; ")}`,
    {
      hint: "commit and push it, or delete it with --force",
    },
  );
}

/** The folder, and what the repository of a worktree knows of it. */
export async function removeWorkspace({ git, folders }: WorkspaceTools, id: string, path: string): Promise<void> {
  const source = sourceOfWorktree(path);
  await folders.remove(id);
  // It only forgets a folder that is gone; where it cannot, git finds out by itself in time.
  if (source !== undefined) await removeWorktree(git, source, path).catch(() => undefined);
}

function sourceOfWorktree(path: string): string | undefined {
  try {
    const { isWorktree, commonDir } = repositoryFiles(path);
    return isWorktree ? commonDir : undefined;
  } catch {
    return undefined; // no repository at all
  }
}
