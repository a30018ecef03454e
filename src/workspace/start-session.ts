import type { SessionRecord } from "../../projections/session-record.js";
import { defined } from "../defined.js";
import { AppendOutcomeUnknownError, GitError } from "../errors.js";
import { decideCreate } from "../session/decide-create.js";
import type { ChangeResult, SessionStore } from "../session/session-store.js";
import { storedRecord } from "../session/stored-record.js";
import { assertBranchName } from "./branch-name.js";
import type { GitRunner } from "./git-runner.js";
import { cloneWorkspace, worktreeMoved, worktreeWorkspace } from "./make-workspace.js";
import type { RepositoryAddress } from "./repository-address.js";
import { startFailed } from "./start-failed.js";
import { type Claim, UnfinishedStart, unfinishedStarts } from "./unfinished-start.js";
import { type WorkspaceFolders, workspaceExists } from "./workspace-folders.js";

/** What the acts on workspaces work with. */
export interface WorkspaceTools {
  readonly store: SessionStore;
  readonly git: GitRunner;
  readonly folders: WorkspaceFolders;
  /** Default: the clock of this machine. */
  readonly now?: () => Date;
}

export interface StartRequest {
  /** With the branch that the workspace gets; its `repoUrl`, `backendType` and `workspacePath` are filled in. */
  readonly record: SessionRecord & { readonly branch: string };
  readonly repository: RepositoryAddress;
  /** A worktree of a repository on this machine instead of a clone. */
  readonly worktree?: boolean;
  readonly actor?: string;
  readonly reason?: string;
  /** Uses the id of a deleted session again. */
  readonly recreate?: boolean;
  /** Gets what git says while it clones, for people. */
  readonly onProgress?: (said: string) => void;
  /** Ends it; nothing is left. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the workspace of a new session, on its branch, and records the session: both or, where anything fails, neither.
 * Of several starts of one id one wins, and the others conflict and leave nothing.
 *
 * @throws RuleError SESSION_EXISTS, SESSION_DELETED, WORKSPACE_EXISTS, BRANCH_IN_USE; UsageError BRANCH_INVALID,
 *   WORKTREE_OF_URL, REPOSITORY_EMPTY; NotFoundError REPOSITORY_NOT_FOUND; GitError GIT_FAILED; UnavailableError GIT_TIMEOUT;
 *   StorageError WORKSPACE_FAILED
 */
export async function startSession(tools: WorkspaceTools, request: StartRequest): Promise<ChangeResult> {
  const { store, folders, git } = tools;
  const claim = claimOf(tools, request);
  assertBranchName(request.record.branch);
  await assertFree(store, claim);
  const start = await UnfinishedStart.begin(folders, claim);
  try {
    const undo = await make(tools, request, start).catch((error) => {
      throw startFailed(error, request.repository, request.record.branch);
    });
    let at = start.tree;
    try {
      request.signal?.throwIfAborted(); // from here on it is done before anybody could take it back
      at = await folders.place(start.tree, claim.session);
      if (claim.source !== undefined) await worktreeMoved(git, claim.source, at);
      return await store.create(claim.record, optionsOf(claim));
    } catch (error) {
      // Where nobody knows whether it was recorded, the workspace stays, and repair will see.
      if (!(error instanceof AppendOutcomeUnknownError)) await undo(at);
      throw error;
    }
  } finally {
    await start.end();
  }
}

function claimOf({ store, folders }: WorkspaceTools, request: StartRequest): Claim {
  const { record, repository, worktree, actor, reason, recreate } = request;
  const { repoUrl, backendType } = repository;
  const workspacePath = folders.pathOf(record.session);
  const stored = storedRecord({ ...record, repoUrl, backendType, workspacePath });
  return {
    session: stored.session,
    record: stored,
    actor: actor ?? store.actor,
    ...defined({ reason, recreate }),
    ...(worktree === true ? { source: repository.address } : {}),
  };
}

/** Before anything is cloned: most ids that are taken are found here. */
async function assertFree(store: SessionStore, claim: Claim): Promise<void> {
  await store.change(claim.session, (current) => {
    decideCreate(current, claim.record, optionsOf(claim));
    return [];
  });
}

/** @returns what takes the workspace away again, from where it has come to lie */
async function make(
  tools: WorkspaceTools,
  { repository, worktree, record, onProgress, signal }: StartRequest,
  { tree, folder }: UnfinishedStart,
): Promise<(path: string) => Promise<void>> {
  const { git, folders } = tools;
  const watched = defined({ onProgress, signal });
  const options = { tree, folder, branch: record.branch, ...watched };
  if (worktree === true)
    return worktreeWorkspace(git, repository, options).catch(otherStart(tools, record.session, folder));
  await cloneWorkspace(git, repository, options);
  // From its unfinished start a clone goes with that.
  return async (path) => (path === tree ? undefined : folders.remove(record.session));
}

/** The branch of two starts of one name is one: for git the second is a failure, for us a conflict. */
function otherStart({ store, folders }: WorkspaceTools, id: string, own: string): (error: unknown) => Promise<never> {
  return async (error) => {
    if (!(error instanceof GitError)) throw error;
    const others = await unfinishedStarts(folders, new Date());
    const isOther = others.some(
      ({ folder, claim, abandoned }) => folder !== own && claim?.session === id && !abandoned,
    );
    throw isOther || (await store.load(id)) !== null ? workspaceExists(id, folders.pathOf(id)) : error;
  };
}

function optionsOf({ actor, reason, recreate }: Claim) {
  return {
    actor,
    ...defined({ reason, recreate }),
  };
}

/** Ends what a killed start began: its workspace is complete and in its place. */
export async function finishStart({ store, git, folders }: WorkspaceTools, claim: Claim): Promise<ChangeResult> {
  const path = await folders.find(claim.session);
  if (claim.source !== undefined && path !== undefined) await worktreeMoved(git, claim.source, path);
  return store.create(claim.record, optionsOf(claim));
}
