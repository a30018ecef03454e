import { defined } from "../defined.js";
import { UsageError } from "../errors.js";
import { CLONE_LIMIT_MS, type GitRunner } from "./git-runner.js";
import { NeutralRepository } from "./neutral-repository.js";
import type { RepositoryAddress } from "./repository-address.js";
import { repositoryFiles } from "./repository-files.js";

export interface MakeOptions {
  /** Where the workspace is built; nothing is there yet. */
  readonly tree: string;
  /** The folder around it. */
  readonly folder: string;
  /** Checked: a name of a branch. Taken from the repository where that has it, else new, at what is checked out there. */
  readonly branch: string;
  readonly onProgress?: (said: string) => void;
  readonly signal?: AbortSignal;
}

/** A clone of its own. @throws GitError and as GitRunner: what was begun stays in `folder` */
export async function cloneWorkspace(
  git: GitRunner,
  { address }: RepositoryAddress,
  { tree, folder, branch, onProgress, signal }: MakeOptions,
): Promise<void> {
  const watched = defined({ onProgress, signal });
  const clone = [
    "clone",
    "--progress",
    "--no-recurse-submodules",
    "--origin=origin",
    "--end-of-options",
    address,
    tree,
  ];
  await git.output({ cwd: folder, args: clone, remote: true, limitMs: CLONE_LIMIT_MS, ...watched });
  const known = await refOid(git, tree, `refs/remotes/origin/${branch}`);
  const from = known === undefined ? [] : ["--track", `refs/remotes/origin/${branch}`];
  // Forced: where the clone is already on a branch of this name, it stays what it is.
  await git.output({ cwd: tree, args: ["switch", "--no-guess", "--force-create", branch, ...from] });
}

/**
 * A worktree of a repository on this machine. Its files are written by way of a neutral repository: the filters that the
 * repository's own configuration names are not run.
 *
 * @returns what takes the worktree at `path`, and a branch that is new, out of the repository again
 * @throws UsageError WORKTREE_OF_URL; GitError and as GitRunner: the repository is as it was
 */
export async function worktreeWorkspace(
  git: GitRunner,
  { kind, address }: RepositoryAddress,
  { tree, branch, signal }: MakeOptions,
): Promise<(path: string) => Promise<void>> {
  if (kind !== "folder") {
    throw new UsageError("WORKTREE_OF_URL", "a worktree is made from a repository on this machine", {
      hint: "give --repo the path of a folder, or leave out --worktree to clone",
    });
  }
  const ref = `refs/heads/${branch}`;
  const known = await refOid(git, address, ref);
  const named = known === undefined ? ["-b", branch, tree] : [tree, branch];
  await git.output({ cwd: address, args: ["worktree", "add", "--no-checkout", ...named] });
  const head = known ?? (await refOid(git, address, ref));
  const undo = async (path: string) => {
    await removeWorktree(git, address, path);
    if (known === undefined && head !== undefined)
      await git.output({ cwd: address, args: ["update-ref", "-d", ref, head] });
  };
  try {
    // Not before: of a git that is ended while it makes a branch nobody knows whether the branch is its own.
    signal?.throwIfAborted();
    if (head !== undefined) await writeFiles(git, tree, head, signal); // a repository without commits has none
  } catch (error) {
    await undo(tree);
    throw error;
  }
  return undo;
}

async function writeFiles(git: GitRunner, tree: string, head: string, signal?: AbortSignal): Promise<void> {
  await NeutralRepository.with(async (neutral) => {
    const env = await neutral.viewing(repositoryFiles(tree), head);
    const ended = signal === undefined ? {} : { signal };
    await git.output({ cwd: tree, args: ["read-tree", "-u", "--reset", head], env, ...ended });
  });
}

/** After a worktree was moved: its repository learns where it is. */
export async function worktreeMoved(git: GitRunner, source: string, path: string): Promise<void> {
  await git.output({ cwd: source, args: ["worktree", "repair", path] });
}

/** The folder, with all that is in it, and what its repository knows of it; the branch stays. */
export async function removeWorktree(git: GitRunner, source: string, path: string): Promise<void> {
  // Twice: while it is made it is locked, and who was killed then has left it so.
  await git.output({ cwd: source, args: ["worktree", "remove", "--force", "--force", path] });
}

/** @param ref a full name. @returns undefined where the repository has none of it */
async function refOid(git: GitRunner, cwd: string, ref: string): Promise<string | undefined> {
  const call = { cwd, args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`] };
  const { exitCode, stdout } = await git.run(call);
  return exitCode === 0 ? stdout.trim() : undefined;
}
