import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { GitError, NotFoundError, RuleError, type SessionDbError, UsageError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import type { RepositoryAddress } from "./repository-address.js";

const NO_REPOSITORY = /not a git repository|repository '.*' does not exist|does not appear to be a git repository/;
/** git 2.39, and since 2.42. */
const NO_COMMIT = /not a valid object name: '?HEAD|invalid reference: HEAD|unable to infer '--orphan'/;
/** git 2.39, and since 2.43. */
const CHECKED_OUT = /is already (?:checked out|used by worktree) at '(.*)'/;
/** The name that is wanted stands before it, in quotes, too, and a colon: no branch has one in its name. */
const NAME_IN_THE_WAY = /'refs\/heads\/([^:]+)' exists; cannot create/;

/**
 * What kept a workspace from being made, where a word of git's has one meaning: a folder that is no repository, one
 * without commits, a branch that is elsewhere. Asked afterwards: git alone knows what it takes for a repository.
 */
export function startFailed(error: unknown, { kind, address }: RepositoryAddress, branch: string): unknown {
  if (!(error instanceof GitError)) return error;
  const { said } = error;
  if (kind === "folder" && NO_REPOSITORY.test(said)) return noRepository(address);
  if (NO_COMMIT.test(said)) return noCommits(address);
  const elsewhere = CHECKED_OUT.exec(said)?.[1];
  if (elsewhere !== undefined)
    return existsSync(elsewhere) ? checkedOut(branch, elsewhere) : lostWorktree(branch, elsewhere, address);
  const inTheWay = NAME_IN_THE_WAY.exec(said)?.[1];
  return inTheWay === undefined ? error : branchInUse(`there is a branch ${inTheWay}, so there can be no ${branch}`);
}

function noRepository(address: string): SessionDbError {
  const above = repositoryAbove(address);
  const what = above === undefined ? "is no git repository" : `is a folder inside of the repository ${above}`;
  const hint = above === undefined ? "give the path or URL of one" : `give --repo ${shellWord(above)}`;
  return new NotFoundError("REPOSITORY_NOT_FOUND", `${address} ${what}`, {
    hint: `${hint}, or --no-workspace to record the session only`,
  });
}

function repositoryAbove(path: string): string | undefined {
  if (existsSync(join(path, ".git", "HEAD"))) return path;
  return dirname(path) === path ? undefined : repositoryAbove(dirname(path));
}

function noCommits(address: string): SessionDbError {
  return new UsageError("REPOSITORY_EMPTY", `${address} has no commits, and a worktree begins at one`, {
    hint: "commit something there first, or leave out --worktree: a clone needs none",
  });
}

function checkedOut(branch: string, path: string): SessionDbError {
  return branchInUse(`branch ${branch} is checked out at ${path}`);
}

/** Somebody removed the folder by hand. git forgets it after months; it might also lie on a disk that is away. */
function lostWorktree(branch: string, path: string, repository: string): SessionDbError {
  return new RuleError("BRANCH_IN_USE", `branch ${branch} belongs to a worktree whose folder is gone: ${path}`, {
    hint: `let git forget worktrees that are gone, then start again: git -C ${shellWord(repository)} worktree prune`,
  });
}

function branchInUse(what: string): SessionDbError {
  return new RuleError("BRANCH_IN_USE", what, {
    hint: "name another with --branch; a clone (without --worktree) may have a branch that is checked out elsewhere",
  });
}
