import type { SessionRecord } from "../../projections/session-record.js";
import { NotFoundError, RefusedError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import type { ChangeOptions } from "../session/change-options.js";
import type { ChangeResult } from "../session/session-store.js";
import { assertNotMerged } from "./approve-session.js";
import { assertBranchName, assertOther } from "./branch-name.js";
import { REMOTE_LIMIT_MS } from "./git-runner.js";
import { NeutralRepository } from "./neutral-repository.js";
import { cachedPr, nextPrState, prBranchOf } from "./pr-cache.js";
import { presentSession } from "./present-session.js";
import type { RepositoryAddress } from "./repository-address.js";
import { repositoryFiles } from "./repository-files.js";
import type { WorkspaceTools } from "./start-session.js";
import { commitsBehind, uncommittedWork } from "./work-at-risk.js";
import { repositoryOf, workspaceOf } from "./workspace-of.js";

export interface PrCreateOptions extends ChangeOptions {
  readonly title?: string;
  readonly body?: string;
  /** The branch that it is to be merged into; default: the one that the repository calls its own. */
  readonly base?: string;
  /** Replaces what the branch of the pull request holds, also where that is no ancestor: after a rebase. */
  readonly force?: boolean;
}

/**
 * Pushes what is committed on the session's branch to the branch of its pull request (`pr/<session>`), and records that:
 * prState, prBranch, status PR_OPEN. Done again, it pushes what came since, and an approval of the older state is void.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, WORKSPACE_NOT_FOUND, REPOSITORY_NOT_FOUND, BRANCH_NOT_FOUND; RuleError PR_MERGED;
 *   RefusedError WORKSPACE_HAS_WORK where something is not committed, or
 *   committed elsewhere than on its branch; UsageError BRANCH_INVALID; GitError GIT_FAILED
 */
export async function createPr(
  tools: WorkspaceTools,
  id: string,
  options: PrCreateOptions = {},
): Promise<ChangeResult> {
  const { record }: { readonly record: SessionRecord } = await presentSession(tools.store, id, options.expectedVersion);
  assertNotMerged(record);
  const into = options.base ?? record.pullRequest?.baseBranch;
  if (typeof into === "string") assertOther(prBranchOf(record), into);
  if (options.base !== undefined) assertBranchName(options.base);
  const workspace = workspaceOf(tools.folders, record);
  const repository = requireRepository(record);
  await assertCommitted(tools, id, workspace);
  const commit = await tipOf(tools, record, workspace);
  await assertCheckedOut(tools, record, workspace, commit);
  await pushPr(tools, { workspace, repository, commit, branch: prBranchOf(record), force: options.force === true });
  const now = (tools.now ?? (() => new Date()))().toISOString();
  const { title, body, base, force: _, ...note } = options;
  const pr = { title, body, baseBranch: base };
  return tools.store.update(id, (current) => withPr(current, commit, now, pr), note);
}

/** @throws NotFoundError REPOSITORY_NOT_FOUND */
export function requireRepository(record: SessionRecord): RepositoryAddress {
  const repository = repositoryOf(record);
  if (repository !== undefined) return repository;
  throw new NotFoundError("REPOSITORY_NOT_FOUND", `session ${record.session} names no repository that can be reached`, {
    hint: `sessiondb session update ${shellWord(record.session)} --set repoUrl=… names it`,
  });
}

async function assertCommitted({ git }: WorkspaceTools, id: string, workspace: string): Promise<void> {
  const work = await uncommittedWork(git, workspace);
  if (work.length === 0) return;
  throw new RefusedError(
    "WORKSPACE_HAS_WORK",
    `the workspace of session ${id} has work that would not be in it: ${work.join("; ")}`,
    {
      hint: "commit it, or add it to .gitignore",
    },
  );
}

/** Who works on another branch, or on none, would miss it in the pull request. @throws RefusedError WORKSPACE_HAS_WORK */
async function assertCheckedOut(tools: WorkspaceTools, record: SessionRecord, cwd: string, tip: string): Promise<void> {
  const count = await commitsBehind(tools.git, cwd, tip);
  if (count === 0) return;
  const commits = count === 1 ? "a commit is" : `${count} commits are`;
  const [path, branch] = [shellWord(cwd), branchOf(record)];
  throw new RefusedError("WORKSPACE_HAS_WORK", `${commits} checked out in ${cwd}, and not on branch ${branch}`, {
    hint: `take them along: git -C ${path} switch -C ${shellWord(branch)}; or leave them: git -C ${path} switch ${shellWord(branch)}`,
  });
}

function branchOf({ branch, session }: SessionRecord): string {
  return typeof branch === "string" && branch !== "" ? branch : session;
}

/** @throws NotFoundError BRANCH_NOT_FOUND, UsageError BRANCH_INVALID */
async function tipOf({ git }: WorkspaceTools, record: SessionRecord, cwd: string): Promise<string> {
  const branch = branchOf(record);
  assertBranchName(branch);
  const call = { cwd, args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `refs/heads/${branch}^{commit}`] };
  const { exitCode, stdout } = await git.run(call);
  if (exitCode === 0) return stdout.trim();
  throw new NotFoundError("BRANCH_NOT_FOUND", `the workspace ${cwd} has no commit on a branch ${branch}`, {
    hint: `commit on it, or: sessiondb session update ${shellWord(record.session)} --set branch=… names the branch of the work`,
  });
}

interface Push {
  readonly workspace: string;
  readonly repository: RepositoryAddress;
  readonly commit: string;
  readonly branch: string;
  readonly force: boolean;
}

async function pushPr({ git }: WorkspaceTools, push: Push): Promise<void> {
  const { workspace, repository, commit, branch, force } = push;
  const files = repositoryFiles(workspace);
  const refspec = `${force ? "+" : ""}${commit}:refs/heads/${branch}`;
  await NeutralRepository.with(async (neutral) => {
    const env = await neutral.using(files);
    const args = ["push", "--quiet", "--no-verify", "--end-of-options", repository.address, refspec];
    await git.output({ cwd: workspace, args, env, remote: true, limitMs: REMOTE_LIMIT_MS, quietReceiver: true });
  });
  // As a push by hand would: the workspace knows of the branch when the repository cannot be asked, and that what was
  // pushed is no longer only here. A worktree's repository is the one that was pushed to.
  const known = files.isWorktree ? ["heads"] : ["heads", "remotes/origin"];
  const stdin = known.map((kind) => `update refs/${kind}/${branch} ${commit}\n`).join("");
  await git.output({ cwd: workspace, args: ["update-ref", "--stdin"], stdin });
}

function withPr(
  record: SessionRecord,
  commit: string,
  now: string,
  named: {
    readonly title: string | undefined;
    readonly body: string | undefined;
    readonly baseBranch: string | undefined;
  },
): SessionRecord {
  assertNotMerged(record);
  const before = record.pullRequest ?? {};
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const isNew = before.headCommit !== commit;
  const pullRequest = {
    state: "open",
    createdAt: now,
    ...before,
    ...given,
    headBranch: prBranchOf(record),
    headCommit: commit,
  };
  const prState = nextPrState(record, true, now, { createdAt: cachedPr(record).createdAt ?? now, mergedAt: null });
  const approval = isNew && record.prApproved === true ? { prApproved: false } : {};
  const status = isNew || record.status !== "PR_APPROVED" ? "PR_OPEN" : record.status;
  return { ...record, prBranch: prBranchOf(record), prState, pullRequest, status, ...approval };
}
