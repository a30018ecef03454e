import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { NotFoundError } from "../errors.js";

/** Where the parts of a workspace's repository lie; a worktree shares some of them with the repository it comes from. */
export interface RepositoryFiles {
  readonly worktree: string;
  readonly gitDir: string;
  /** Of a clone the same as gitDir. */
  readonly commonDir: string;
  readonly objects: string;
  readonly index: string;
  readonly exclude: string;
  /** True where its commits live on in the repository that it was made from. */
  readonly isWorktree: boolean;
}

/** Larger than any `HEAD`, `.git` file or `commondir`. */
const MAX_POINTER_BYTES = 8192;
const MAX_CONFIG_BYTES = 1024 * 1024;
const HEAD_REF = /^ref: (refs\/.+)$/;

/** Read from the disk, without a process. @throws NotFoundError WORKSPACE_NOT_FOUND where it is no repository */
export function repositoryFiles(worktree: string): RepositoryFiles {
  const dotGit = join(worktree, ".git");
  const stats = lstatSync(dotGit, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true && stats?.isFile() !== true) throw noRepository(worktree);
  const gitDir = stats.isDirectory() ? dotGit : resolve(worktree, pointer(dotGit).replace(/^gitdir: /, ""));
  const shared = join(gitDir, "commondir");
  const commonDir = existsSync(shared) ? resolve(gitDir, pointer(shared)) : gitDir;
  if (!existsSync(join(commonDir, "objects"))) throw noRepository(worktree);
  // git, too, would wait for them.
  smallFile(join(gitDir, "HEAD"), MAX_POINTER_BYTES);
  smallFile(join(commonDir, "config"), MAX_CONFIG_BYTES);
  return {
    worktree,
    gitDir,
    commonDir,
    objects: join(commonDir, "objects"),
    index: join(gitDir, "index"),
    exclude: join(commonDir, "info", "exclude"),
    isWorktree: commonDir !== gitDir,
  };
}

/** `refs/heads/main`, or undefined where HEAD is a commit (or nothing that git writes). */
export function headRef({ gitDir }: Pick<RepositoryFiles, "gitDir">): string | undefined {
  return HEAD_REF.exec(pointer(join(gitDir, "HEAD")))?.[1];
}

/** The branch that is checked out; undefined where none is. */
export function headBranch(files: Pick<RepositoryFiles, "gitDir">): string | undefined {
  const ref = headRef(files);
  return ref?.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
}

/**
 * A small file that git writes. Whoever works in a workspace may put a link, a pipe or a device in its place, which would
 * be waited for, or never end.
 *
 * @throws NotFoundError WORKSPACE_NOT_FOUND
 */
export function smallFile(path: string, maxBytes = MAX_CONFIG_BYTES): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > maxBytes) throw noRepository(dirname(path));
  return readFileSync(path, "utf8");
}

function pointer(path: string): string {
  return smallFile(path, MAX_POINTER_BYTES).trim();
}

function noRepository(worktree: string): NotFoundError {
  return new NotFoundError("WORKSPACE_NOT_FOUND", `${worktree} is no git repository`, {
    hint: "sessiondb session repair compares folders and records",
  });
}
