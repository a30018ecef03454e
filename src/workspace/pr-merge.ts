import type { SessionRecord } from "../../projections/session-record.js";
import { RuleError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import type { ChangeOptions } from "../session/change-options.js";
import type { ChangeResult } from "../session/session-store.js";
import { assertNotMerged } from "./approve-session.js";
import { Merge, type MergeRequest } from "./merge.js";
import { NeutralRepository } from "./neutral-repository.js";
import { cachedPr, nextPrState, prBranchOf } from "./pr-cache.js";
import { presentSession } from "./present-session.js";
import { repositoryFiles } from "./repository-files.js";
import type { WorkspaceTools } from "./start-session.js";
import { workspaceIn } from "./workspace-of.js";

/** With `force` also where it was not approved. */
export type PrMergeOptions = ChangeOptions & MergeRequest;

export interface Merged extends ChangeResult {
  readonly base: string;
  /** The commit that the base branch has now. */
  readonly commit: string;
}

/**
 * Merges the branch of the pull request into its base, in the repository itself: a fast-forward, or a merge commit. In
 * one push the base moves and the branch goes, if both are still what was merged. Then that is recorded: prState, status
 * MERGED. Where somebody else has merged it (its commit is in the base), that is recorded.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, REPOSITORY_NOT_FOUND, PR_NOT_FOUND, BRANCH_NOT_FOUND; RuleError PR_MERGED,
 *   PR_NOT_APPROVED, PR_CONFLICT, BRANCH_CHECKED_OUT; UsageError BRANCH_INVALID; GitError GIT_FAILED: nothing was merged
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

function notApproved(id: string): RuleError {
  return new RuleError("PR_NOT_APPROVED", `the pull request of session ${id} is not approved`, {
    hint: `sessiondb session approve ${shellWord(id)}, or merge with --force`,
  });
}
