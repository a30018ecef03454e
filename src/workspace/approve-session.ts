import type { SessionRecord } from "../../projections/session-record.js";
import { NotFoundError, RuleError, UnavailableError } from "../errors.js";
import type { ChangeOptions } from "../session/change-options.js";
import type { ChangeResult } from "../session/session-store.js";
import { cachedPr } from "./pr-cache.js";
import { lookUpPr, type PrStateOptions, type PrStatus } from "./pr-state.js";
import { presentSession } from "./present-session.js";
import type { WorkspaceTools } from "./start-session.js";

export interface Approved extends ChangeResult {
  readonly pr: PrStatus;
}

/**
 * Records that the session's pull request is approved: `prApproved`, status PR_APPROVED. No events where it was already.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, PR_NOT_FOUND; RuleError SESSION_DELETED, PR_MERGED; UnavailableError
 *   PR_STATE_UNKNOWN; ConflictError
 */
export async function approveSession(
  tools: WorkspaceTools,
  id: string,
  options: PrStateOptions & ChangeOptions = {},
): Promise<Approved> {
  const document = await presentSession(tools.store, id, options.expectedVersion);
  assertNotMerged(document.record);
  const { pr, version } = await lookUpPr(tools, document, options);
  assertThere(pr);
  const { freshMs: _, expectedVersion, ...note } = options;
  // What git said is written by now: that is no change of somebody else.
  const change = expectedVersion === undefined ? note : { ...note, expectedVersion: version };
  const approve = (record: SessionRecord): SessionRecord => {
    assertNotMerged(record);
    return { ...record, prApproved: true, status: "PR_APPROVED" };
  };
  return { ...(await tools.store.update(id, approve, change)), pr };
}

/** @throws RuleError PR_MERGED */
export function assertNotMerged(record: SessionRecord): void {
  const { mergedAt } = cachedPr(record);
  if (record.status !== "MERGED" && mergedAt === undefined) return;
  const when = mergedAt === undefined ? "" : ` at ${mergedAt}`;
  throw new RuleError("PR_MERGED", `the pull request of session ${record.session} was merged${when}`, {
    hint: "start another session for what is to come",
  });
}

/** @throws NotFoundError PR_NOT_FOUND, UnavailableError PR_STATE_UNKNOWN */
function assertThere({ session, branch, exists }: PrStatus): void {
  if (exists === true) return;
  if (exists === "unknown") {
    throw new UnavailableError("PR_STATE_UNKNOWN", `git cannot say whether ${branch} exists`, {
      hint: "check that the repository can be reached, and try again",
    });
  }
  throw prNotFound(session, branch);
}

export function prNotFound(session: string, branch: string): NotFoundError {
  return new NotFoundError("PR_NOT_FOUND", `session ${session} has no pull request: there is no branch ${branch}`, {
    hint: "sessiondb session pr create makes one",
  });
}
