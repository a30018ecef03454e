import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SessionDbError } from "../errors.js";
import type { GitRunner } from "./git-runner.js";
import { NeutralRepository } from "./neutral-repository.js";
import { type RepositoryFiles, repositoryFiles } from "./repository-files.js";

const SHOWN = 3;

/**
 * What would be lost with this folder, one sentence each; empty where nothing would: changes that are not committed, files
 * that git does not know (ignored ones are no work), commits and stashes that no remote has, as far as git knows here (of a
 * worktree: that no branch has), and whatever cannot be looked into. Reads only, and runs nothing that the workspace's configuration names.
 *
 * @throws UsageError GIT_MISSING
 */
export async function workAtRisk(git: GitRunner, path: string): Promise<string[]> {
  try {
    const files = repositoryFiles(path);
    return [...nestedRepositories(files), ...(await uncommitted(git, files)), ...(await unpushed(git, files))];
  } catch (error) {
    if (!(error instanceof SessionDbError) || error.code === "GIT_MISSING") throw error;
    if (error.code === "WORKSPACE_NOT_FOUND" && existsSync(path) && readdirSync(path).length === 0) return [];
    return [`git cannot tell what is in it: ${error.message}`];
  }
}

/** Only the changes that are not committed. @throws GitError */
export async function uncommittedWork(git: GitRunner, path: string): Promise<string[]> {
  return uncommitted(git, repositoryFiles(path));
}

function nestedRepositories({ worktree, gitDir, isWorktree }: RepositoryFiles): string[] {
  const found: string[] = [];
  if (existsSync(join(worktree, ".gitmodules")) || existsSync(join(gitDir, "modules"))) {
    found.push("it has submodules, which are not looked into");
  }
  const others = join(gitDir, "worktrees");
  if (!isWorktree && existsSync(others) && readdirSync(others).length > 0) found.push("other worktrees hang on it");
  return found;
}

async function uncommitted(git: GitRunner, files: RepositoryFiles): Promise<string[]> {
  const head = await headOf(git, files);
  return NeutralRepository.with(async (neutral) => {
    const env = await neutral.viewing(files, head ?? "ref: refs/heads/none");
    const ask = (...args: string[]) => git.output({ cwd: files.worktree, args, env });
    const status = await ask(
      "status",
      "--porcelain=v1",
      "-z",
      "--untracked-files=normal",
      "--ignore-submodules=all",
      "--no-renames",
    );
    // Files that git was told not to look at.
    const hidden = (await ask("ls-files", "-v", "-z")).split("\0").filter((entry) => isHidden(entry, files));
    return [
      ...told(
        "not committed",
        status.split("\0").map((entry) => entry.slice(3)),
      ),
      ...told(
        "hidden from git",
        hidden.map((entry) => entry.slice(2)),
      ),
    ];
  });
}

/** `h` assume-unchanged, `S` skip-worktree: the files of a sparse checkout, which are not there. */
function isHidden(entry: string, { worktree }: RepositoryFiles): boolean {
  return /^[a-z]/.test(entry) || (entry.startsWith("S") && existsSync(join(worktree, entry.slice(2))));
}

/** How many commits what is checked out has behind `commit`. @throws GitError */
export async function commitsBehind(git: GitRunner, path: string, commit: string): Promise<number> {
  const files = repositoryFiles(path);
  const head = await headOf(git, files);
  return head === undefined || head === commit ? 0 : countCommits(git, files, [head], [commit]);
}

async function unpushed(git: GitRunner, files: RepositoryFiles): Promise<string[]> {
  const refs = await refsOf(git, files);
  const [kept, own] = files.isWorktree
    ? [refs.filter(({ name }) => name.startsWith("refs/")), refs.filter(({ name }) => name === "HEAD")]
    : [
        refs.filter(({ name }) => name.startsWith("refs/remotes/")),
        refs.filter(({ name }) => !name.startsWith("refs/remotes/")),
      ];
  if (own.length === 0) return [];
  const oids = (of: readonly Ref[]) => of.map(({ oid }) => oid);
  const count = await countCommits(git, files, oids(own), oids(kept));
  if (count === 0) return [];
  return [
    `${count} ${count === 1 ? "commit is" : "commits are"} ${files.isWorktree ? "on no branch" : "in no remote repository"}`,
  ];
}

/** Those that are reached from `own`, and not from `kept`. */
async function countCommits(
  git: GitRunner,
  files: RepositoryFiles,
  own: readonly string[],
  kept: readonly string[],
): Promise<number> {
  const stdin = [...own, ...kept.map((oid) => `^${oid}`)].join("\n");
  return NeutralRepository.with(async (neutral) => {
    const env = await neutral.using(files);
    const args = ["rev-list", "--count", "--stdin"];
    return Number((await git.output({ cwd: files.worktree, args, env, stdin: `${stdin}\n` })).trim());
  });
}

interface Ref {
  readonly oid: string;
  readonly name: string;
}

/** With HEAD, and with refs/stash. */
async function refsOf(git: GitRunner, { worktree }: RepositoryFiles): Promise<Ref[]> {
  const { stdout } = await git.run({ cwd: worktree, args: ["show-ref", "--head"] });
  return stdout
    .split("\n")
    .map((line) => ({ oid: line.slice(0, line.indexOf(" ")), name: line.slice(line.indexOf(" ") + 1) }))
    .filter(({ oid }) => /^[0-9a-f]{40,64}$/.test(oid));
}

/** The commit that is checked out; undefined where there is none yet. */
async function headOf(git: GitRunner, files: RepositoryFiles): Promise<string | undefined> {
  return (await refsOf(git, files)).find(({ name }) => name === "HEAD")?.oid;
}

function told(what: string, paths: readonly string[]): string[] {
  const there = paths.filter((path) => path !== "");
  if (there.length === 0) return [];
  const more = there.length > SHOWN ? ` and ${there.length - SHOWN} more` : "";
  return [`${what}: ${there.slice(0, SHOWN).join(", ")}${more}`];
}
