import type { Json } from "../src/log/canonical.js";

/**
 * A session as its users know it: the documented fields of all eras, and whatever else a writer put there. Only `session`
 * is sure to be there; old records hold null, numbers or text in odd places, and all of it is kept.
 */
export interface SessionRecord {
  session: string;
  shortId?: string | null;
  repoName?: string | null;
  repoUrl?: string | null;
  repoPath?: string | null;
  createdAt?: string | null;
  taskId?: string | null;
  backendType?: string | null;
  /** `token` is a reference such as `env:GITHUB_TOKEN`, never the token. */
  github?: { owner?: string; repo?: string; token?: string; [field: string]: unknown } | null;
  remote?: { authMethod?: string; depth?: number; [field: string]: unknown } | null;
  branch?: string | null;
  workspacePath?: string | null;
  sessionPath?: string | null;
  prState?: PrState | null;
  prBranch?: string | null;
  prApproved?: boolean | null;
  pullRequest?: { [field: string]: unknown } | null;
  lastActivityAt?: string | null;
  lastCommitHash?: string | null;
  lastCommitMessage?: string | null;
  commitCount?: number | null;
  status?: string | null;
  agentId?: string | null;
  syncStatus?: string | null;
  projectId?: string | null;
  interfaceBinding?: string | null;
  [field: string]: unknown;
}

export interface PrState {
  branchName?: string;
  exists?: boolean;
  commitHash?: string | null;
  lastChecked?: string | null;
  createdAt?: string | null;
  mergedAt?: string | null;
  [field: string]: unknown;
}

/** The form in which records are folded and compared: JSON, with the id. */
export type StoredRecord = { session: string; [field: string]: Json };
