import type { SessionRecord } from "../../projections/session-record.js";
import { GitError, NotFoundError, RuleError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import { prNotFound } from "./approve-session.js";
import { assertBranchName, assertOther } from "./branch-name.js";
import { type GitAnswer, type GitRunner, gitFailed, REMOTE_LIMIT_MS } from "./git-runner.js";
import { prBranchOf } from "./pr-cache.js";
import { requireRepository } from "./pr-create.js";

export interface MergeRequest {
  /** Default: as the pull request was made, else the branch that the repository calls its own. */
  readonly base?: string;
  /** Also where the branch holds other commits than what `pr create` pushed last. */
  readonly force?: boolean;
}

/** The two tips, as the repository has them. */
interface Tips {
  readonly base: string;
  readonly baseTip: string;
  readonly prTip: string | undefined;
}

/** One merge in a repository that nobody works in: what it needs is fetched, and what it makes is pushed. */
export class Merge {
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

  /**
   * @throws NotFoundError PR_NOT_FOUND, BRANCH_NOT_FOUND; RuleError PR_NOT_APPROVED, PR_CONFLICT, BRANCH_CHECKED_OUT;
   *   UsageError BRANCH_INVALID; GitError GIT_FAILED: nothing was merged
   */
  async run({ base: wanted, force }: MergeRequest): Promise<{ base: string; commit: string }> {
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
    const commit = await this.#merged(baseTip, prTip);
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
    assertOther(prBranchOf(this.#record), base);
    const baseTip = tipOf(`refs/heads/${base}`);
    if (baseTip === undefined) throw noBase(base);
    return { base, baseTip, prTip: tipOf(this.#prRef) };
  }

  #lastKnownTip(): string | undefined {
    const commit = this.#record.pullRequest?.headCommit;
    return typeof commit === "string" && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  }

  async #fetch(base: string, more: readonly string[]): Promise<void> {
    // What the workspace has is not sent again; where it has not this commit, all comes over the net.
    const known = this.#lastKnownTip();
    if (known !== undefined) await this.#inNeutral(["update-ref", "refs/have/known", known]);
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

  /** The tip of the one that holds the other, or else a commit of both. */
  async #merged(baseTip: string, prTip: string): Promise<string> {
    if (await this.#isAncestor(prTip, baseTip)) return baseTip; // somebody merged it, and left the branch
    return (await this.#isAncestor(baseTip, prTip)) ? prTip : this.#mergeCommit(baseTip, prTip);
  }

  async #isAncestor(a: string, b: string): Promise<boolean> {
    const { exitCode } = await this.#inNeutral(["merge-base", "--is-ancestor", a, b]);
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

  #inNeutral(args: readonly string[]): Promise<GitAnswer> {
    return this.#git.run({ cwd: this.#cwd, env: this.#env, args });
  }

  async #push(base: string, baseTip: string, prTip: string, commit: string): Promise<void> {
    const baseRef = `refs/heads/${base}`;
    const leases = [`--force-with-lease=${baseRef}:${baseTip}`, `--force-with-lease=${this.#prRef}:${prTip}`];
    const refs = [`${commit}:${baseRef}`, `:${this.#prRef}`];
    const args = ["push", "--quiet", "--no-verify", "--atomic", ...leases, "--end-of-options", this.#address, ...refs];
    try {
      await this.#remote(args, true);
    } catch (error) {
      const isCheckedOut = error instanceof GitError && /is currently checked out/.test(error.said);
      throw isCheckedOut ? checkedOut(base, this.#address, prBranchOf(this.#record), error) : error;
    }
  }

  async #remote(args: readonly string[], quietReceiver = false): Promise<string> {
    const call = { cwd: this.#cwd, env: this.#env, args, quietReceiver };
    return this.#git.output({ ...call, remote: true, limitMs: REMOTE_LIMIT_MS });
  }
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

/** A worktree's repository is somebody's working folder, whose files a push does not change. */
function checkedOut(base: string, address: string, branch: string, cause: GitError): RuleError {
  return new RuleError("BRANCH_CHECKED_OUT", `${base} is checked out in ${address}: only there it can be merged into`, {
    hint: `there: git merge ${shellWord(branch)}; then this command once more, which records it`,
    cause,
  });
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
