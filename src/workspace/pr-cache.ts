import type { PrState, SessionRecord } from "../../projections/session-record.js";
import { isBranchName } from "./branch-name.js";

/** How long an answer of git counts as the present one. */
export const PR_FRESH_MS = 5 * 60_000;

/** What the record says of its pull request, of whatever era. */
export interface CachedPr {
  readonly branch: string;
  /** Undefined where it says nothing that can be relied on. */
  readonly exists: boolean | undefined;
  /** Milliseconds since 1970; undefined where no time is written. */
  readonly checkedAtMs: number | undefined;
  readonly createdAt: string | undefined;
  readonly mergedAt: string | undefined;
}

/**
 * Older records have `commitHash`, the tip of the branch, instead of `exists`: no hash in a state that was checked means
 * that there was no branch. Newer ones have `exists`, and where both stand it decides.
 */
export function cachedPr(record: SessionRecord): CachedPr {
  const state = stateOf(record);
  const checkedAtMs = timeOf(state.lastChecked);
  const byHash = isText(state.commitHash) ? true : checkedAtMs === undefined ? undefined : false;
  return {
    branch: prBranchOf(record),
    exists: typeof state.exists === "boolean" ? state.exists : byHash,
    checkedAtMs,
    createdAt: isText(state.createdAt) ? state.createdAt : undefined,
    mergedAt: isText(state.mergedAt) ? state.mergedAt : undefined,
  };
}

/** An answer of the future is none: some clock was wrong. */
export function isFresh({ exists, checkedAtMs }: CachedPr, nowMs: number, freshMs: number): boolean {
  if (exists === undefined || checkedAtMs === undefined) return false;
  return checkedAtMs <= nowMs && nowMs - checkedAtMs < freshMs;
}

/** The state as it is written back; members that others put there stay. A `commitHash` that would be wrong goes. */
export function nextPrState(record: SessionRecord, exists: boolean, now: string, more: Partial<PrState> = {}): PrState {
  const { commitHash: _old, ...kept } = stateOf(record);
  return { ...kept, branchName: prBranchOf(record), exists, lastChecked: now, ...more };
}

/** The branch of the session's pull request: as recorded, else `pr/` and the session's branch. */
export function prBranchOf(record: SessionRecord): string {
  const { branchName } = stateOf(record);
  const named = [record.prBranch, branchName].find((name) => isText(name) && isBranchName(name));
  if (named !== undefined) return named as string;
  const own = [record.session, record.branch].find((name) => isText(name) && isBranchName(`pr/${name}`));
  return `pr/${own ?? "session"}`;
}

function stateOf({ prState }: SessionRecord): PrState {
  return typeof prState === "object" && prState !== null && !Array.isArray(prState) ? prState : {};
}

function timeOf(time: unknown): number | undefined {
  const ms = isText(time) ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
