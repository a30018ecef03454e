import type { SessionRecord } from "../../projections/session-record.js";
import { NotFoundError, RuleError } from "../errors.js";
import { shellWord } from "../migrate/store-option.js";
import type { ChangeOptions, ChangeResult } from "../session/session-store.js";
import { assertNotMerged, prNotFound } from "./approve-session.js";
import { assertBranchName } from "./branch-name.js";
import { type GitRunner, gitFailed, REMOTE_LIMIT_MS } from "./git-runner.js";
import { NeutralRepository } from "./neutral-repository.js";
import { cachedPr, nextPrState, prBranchOf } from "./pr-cache.js";
import { requireRepository } from "./pr-create.js";
import { presentSession } from "./present-session.js";
import { repositoryFiles } from "./repository-files.js";
import type { WorkspaceTools } from "./start-session.js";
import { workspaceIn } from "./workspace-of.js";

export interface PrMergeOptions extends ChangeOptions {
  /** Default: as the pull request was made, else the branch that the repository calls its own. */
  readonly base?: string;
  /** Also where it was not approved, or holds other commits than what `pr create` pushed last. */
  readonly force?: boolean;
}

export interface Merged extends ChangeResult {
  readonly base: string;
  /** The commit that the base branch has now. */
  readonly commit: string;
}

/** The two tips, as the repository has them. */
interface Tips {
  readonly base: string;
  readonly baseTip: string;
  readonly prTip: string | undefined;
}

/**
 * Merges the branch of the pull request into its base, in the repository itself: a fast-forward, or a merge commit. In
 * one push the base moves and the branch goes, if both are still what was merged. Then that is recorded: prState, status
 * MERGED. Where somebody else has merged it (the branch is gone, its commit is in the base), that is recorded.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, REPOSITORY_NOT_FOUND, PR_NOT_FOUND, BRANCH_NOT_FOUND; RuleError PR_MERGED, PR_NOT_APPROVED, PR_CONFLICT;
 *   UsageError BRANCH_INVALID; GitError GIT_FAILED: nothing was merged
 */
export async function mergePr(tools: WorkspaceTools, id: string, options: PrMergeOptions = {}): Promise<Merged> {
  const { record } = await presentSession(tools.store, id, options.expectedVersion);
  assertNotMerged(record);
  if (record.prApproved !== true && options.force !== true) throw notApproved(id);
  const { base, commit } = await NeutralRepository.with(async (neutral) => {
    const workspace = workspaceIn(tools.folders, record);
    const env = await neutral.using(filesOf(workspace));
    return new Merge(tools.git, neutral.folder, env, record).run(options);
  });
  const now = (tools.now ?? (() => new Date()))().toISOString();
  const { base: _base, force: _force, ...note } = options;
  const result = await tools.store.update(id, (current) => merged(current, now), note);
  await forgetBranch(tools, record);
  return { ...result, base, commit };
}

/** The objects that the workspace has need not come over the net. */
function filesOf(workspace: string | undefined) {
  try {
    return workspace === undefined ? undefined : repositoryFiles(workspace);
  } catch {
    return undefined; // it is no repository: everything comes over the net
  }
}

class Merge {
  readonly #git: GitRunner;
  readonly #cwd: string;
  readonly #env: Record<string, string>;
  readonly #record: SessionRecord;
  readonly #address: string;
  readonly #prRef: string;

  constructor(git: GitRunner, cwd: string, env: Record<string, string>, record: SessionRecord) {
    this.#git = git;
    this.#cwd = cwd;
    this.#env = env;
    this.#record = record;
    this.#address = requireRepository(record).address;
    this.#prRef = `refs/heads/${prBranchOf(record)}`;
  }

  async run({ base: wanted, force }: PrMergeOptions): Promise<{ base: string; commit: string }> {
    const { base, baseTip, prTip } = await this.#tips(wanted);
    const known = this.#lastKnownTip();
    if (force !== true && prTip !== undefined && (known ?? prTip) !== prTip) throw movedOn(this.#record, prTip);
    const tip = prTip ?? known;
    if (tip === undefined) throw prNotFound(this.#record.session, prBranchOf(this.#record));
    await this.#fetch(base, prTip === undefined ? [] : [this.#prRef]);
    if (prTip === undefined) {
      if (await this.#isAncestor(tip, baseTip)) return { base, commit: baseTip };
      throw prNotFound(this.#record.session, prBranchOf(this.#record));
    }
    const commit = (await this.#isAncestor(baseTip, prTip)) ? prTip : await this.#mergeCommit(baseTip, prTip);
    await this.#push(base, baseTip, prTip, commit);
    return { base, commit };
  }

  async #tips(wanted: string | undefined): Promise<Tips> {
    const named = wanted ?? this.#record.pullRequest?.baseBranch;
    if (typeof named === "string") assertBranchName(named);
    const args = ["ls-remote", "--quiet", "--symref", "--end-of-options", this.#address];
    const lines = (await this.#remote(args)).split("\n").map((line) => line.split("\t"));
    const symref = lines.find(([left, name]) => name === "HEAD" && left?.startsWith("ref: refs/heads/"))?.[0];
    const base = typeof named === "string" ? named : (symref?.slice("ref: refs/heads/".length) ?? "main");
    const tipOf = (ref: string) => lines.find(([oid, name]) => name === ref && !oid?.startsWith("ref: "))?.[0];
    const baseTip = tipOf(`refs/heads/${base}`);
    if (baseTip === undefined) throw noBase(base);
    return { base, baseTip, prTip: tipOf(this.#prRef) };
  }

  #lastKnownTip(): string | undefined {
    const commit = this.#record.pullRequest?.headCommit;
    return typeof commit === "string" && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  }

  async #fetch(base: string, more: readonly string[]): Promise<void> {
    const refs = [`refs/heads/${base}`, ...more].map((ref) => `+${ref}:refs/merge/${ref}`);
    await this.#remote([
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--end-of-options",
      this.#address,
      ...refs,
    ]);
  }

  async #isAncestor(a: string, b: string): Promise<boolean> {
    const { exitCode } = await this.#git.run({
      cwd: this.#cwd,
      env: this.#env,
      args: ["merge-base", "--is-ancestor", a, b],
    });
    return exitCode === 0; // a commit that is not even there is no ancestor
  }

  /** @throws RuleError PR_CONFLICT */
  async #mergeCommit(baseTip: string, prTip: string): Promise<string> {
    const call = {
      cwd: this.#cwd,
      env: this.#env,
      args: ["merge-tree", "--write-tree", "--name-only", "--no-messages", baseTip, prTip],
    };
    const answer = await this.#git.run(call);
    const [tree = "", ...conflicts] = answer.stdout.trim().split("\n");
    if (answer.exitCode === 1) throw conflict(this.#record, conflicts);
    if (answer.exitCode !== 0) throw gitFailed(call, answer, "merging needs git 2.38 or newer");
    const args = ["commit-tree", tree, "-p", baseTip, "-p", prTip, "-m", messageFor(this.#record)];
    return (await this.#git.output({ cwd: this.#cwd, env: this.#env, args })).trim();
  }

  async #push(base: string, baseTip: string, prTip: string, commit: string): Promise<void> {
    const baseRef = `refs/heads/${base}`;
    const leases = [`--force-with-lease=${baseRef}:${baseTip}`, `--force-with-lease=${this.#prRef}:${prTip}`];
    const refs = [`${commit}:${baseRef}`, `:${this.#prRef}`];
    const args = ["push", "--quiet", "--no-verify", "--atomic", ...leases, "--end-of-options", this.#address, ...refs];
    await this.#remote(args, true);
  }

  async #remote(args: readonly string[], quietReceiver = false): Promise<string> {
    const call = { cwd: this.#cwd, env: this.#env, args, quietReceiver };
    return this.#git.output({ ...call, remote: true, limitMs: REMOTE_LIMIT_MS });
  }
}

/** In the workspace, too, the branch of the pull request is done with. What cannot be tidied up stays. */
async function forgetBranch({ git, folders }: WorkspaceTools, record: SessionRecord): Promise<void> {
  const cwd = workspaceIn(folders, record);
  const args = ["update-ref", "-d", `refs/heads/${prBranchOf(record)}`];
  if (cwd !== undefined) await git.run({ cwd, args }).catch(() => undefined);
}

function merged(record: SessionRecord, now: string): SessionRecord {
  const prState = nextPrState(record, false, now, { mergedAt: cachedPr(record).mergedAt ?? now });
  const pullRequest = { ...record.pullRequest, state: "merged", mergedAt: prState.mergedAt };
  return { ...record, prState, pullRequest, status: "MERGED" };
}

function messageFor({ session, taskId, pullRequest }: SessionRecord): string {
  const task = typeof taskId === "string" && taskId !== "" ? ` (${taskId})` : "";
  const title = typeof pullRequest?.title === "string" ? pullRequest.title : `Merge session ${session}${task}`;
  const body = typeof pullRequest?.body === "string" ? `\n\n${pullRequest.body}` : "";
  return `${title}${body}\n`;
}

function conflict({ session }: SessionRecord, paths: readonly string[]): RuleError {
  return new RuleError(
    "PR_CONFLICT",
    `the pull request of session ${session} conflicts with its base in ${paths.join(", ")}`,
    {
      hint: "merge or rebase in the workspace, commit, and sessiondb session pr create again",
    },
  );
}

function noBase(base: string): NotFoundError {
  return new NotFoundError("BRANCH_NOT_FOUND", `the repository has no branch ${base} to merge into`, {
    hint: "name another with --base",
  });
}

/** What was approved is what `pr create` pushed last. */
function movedOn(record: SessionRecord, tip: string): RuleError {
  const message = `${prBranchOf(record)} is at ${tip} by now: somebody else pushed to it, and nobody approved that`;
  return new RuleError("PR_NOT_APPROVED", message, {
    hint: "take it into the workspace, sessiondb session pr create and approve again; or merge with --force",
  });
}

function notApproved(id: string): RuleError {
  return new RuleError("PR_NOT_APPROVED", `the pull request of session ${id} is not approved`, {
    hint: `sessiondb session approve ${shellWord(id)}, or merge with --force`,
  });
}
