import type { SessionRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { cachedPr } from "./pr-cache.js";

/** What a record says of its pull request; it may be old. */
export interface KnownPr {
  readonly session: string;
  readonly branch: string;
  /** When it was checked; "unknown" where the record says nothing that can be relied on. */
  readonly exists: boolean | "unknown";
  readonly status: string | null;
  readonly approved: boolean | null;
  readonly checkedAt: string | null;
  readonly createdAt: string | null;
  readonly mergedAt: string | null;
}

/** Of the sessions that have or had a pull request, the last changed first. Asks no git. */
export function knownPrs(documents: readonly SessionDocument[]): KnownPr[] {
  const having = documents.filter(
    ({ record }) => isSet(record.prState) || isSet(record.prBranch) || isSet(record.pullRequest),
  );
  return having.toSorted((a, b) => b.lastOffset - a.lastOffset).map(({ record }) => knownPr(record));
}

function knownPr(record: SessionRecord): KnownPr {
  const { branch, exists, checkedAtMs, createdAt, mergedAt } = cachedPr(record);
  return {
    session: record.session,
    branch,
    exists: exists ?? "unknown",
    status: typeof record.status === "string" ? record.status : null,
    approved: typeof record.prApproved === "boolean" ? record.prApproved : null,
    checkedAt: checkedAtMs === undefined ? null : new Date(checkedAtMs).toISOString(),
    createdAt: createdAt ?? null,
    mergedAt: mergedAt ?? null,
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
