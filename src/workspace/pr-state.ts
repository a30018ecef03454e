import { isSameJson } from "../../projections/json-patch.js";
import type { SessionRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import type { Json } from "../log/canonical.js";
import type { ChangeOptions } from "../session/change-options.js";
import type { ChangeResult } from "../session/session-store.js";
import { REMOTE_LIMIT_MS } from "./git-runner.js";
import { NeutralRepository } from "./neutral-repository.js";
import { cachedPr, isFresh, nextPrState, PR_FRESH_MS } from "./pr-cache.js";
import { repositoryFiles } from "./repository-files.js";
import type { WorkspaceTools } from "./start-session.js";
import { repositoryOf, workspaceIn } from "./workspace-of.js";

export interface PrStatus {
  readonly session: string;
  readonly branch: string;
  /** "unknown" where git could not say: never an old answer. */
  readonly exists: boolean | "unknown";
  /** Who says so: the record, where it is fresh; the repository that the branch is pushed to; only the workspace; nobody. */
  readonly source: "cache" | "remote" | "workspace" | "nobody";
  /** RFC 3339, when git said so; null for nobody. */
  readonly checkedAt: string | null;
  readonly createdAt: string | null;
  readonly mergedAt: string | null;
}

export interface PrStateOptions {
  /** Default PR_FRESH_MS. 0 asks git always. */
  readonly freshMs?: number;
  readonly actor?: string;
}

/** The answer, and the version that the session has with it written back. */
export interface PrLookUp {
  readonly pr: PrStatus;
  readonly version: number;
}

type Answer = Pick<PrStatus, "exists" | "source">;

/**
 * Whether the branch of the session's pull request exists. What the record says counts while it is fresh; else git is
 * asked: `show-ref` in the workspace and `ls-remote`, of which the second decides. Its answer is written back, as an event.
 * What only the workspace knows is told, but not written: it may have missed what happened to the branch.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED. A failure of git is the answer "unknown".
 */
export async function prStatus(tools: WorkspaceTools, id: string, options: PrStateOptions = {}): Promise<PrStatus> {
  return (await lookUpPr(tools, await tools.store.get(id), options)).pr;
}

/** As prStatus, of a session that was read. @throws ConflictError with an expected version, where it has another by now */
export async function lookUpPr(
  tools: WorkspaceTools,
  { id, record, version }: SessionDocument,
  options: PrStateOptions & ChangeOptions,
): Promise<PrLookUp> {
  const { freshMs = PR_FRESH_MS } = options;
  const now = (tools.now ?? (() => new Date()))();
  const cached = cachedPr(record);
  const known = {
    session: id,
    branch: cached.branch,
    createdAt: cached.createdAt ?? null,
    mergedAt: cached.mergedAt ?? null,
  };
  if (cached.exists !== undefined && isFresh(cached, now.getTime(), freshMs)) {
    const checkedAt = new Date(cached.checkedAtMs as number).toISOString();
    return { pr: { ...known, exists: cached.exists, source: "cache", checkedAt }, version };
  }
  const answer = await askGit(tools, record, cached.branch);
  const checkedAt = answer.source === "nobody" ? null : now.toISOString();
  const pr = { ...known, ...answer, checkedAt };
  if (answer.source !== "remote" || answer.exists === "unknown") return { pr, version };
  const { document } = await writeBack(tools, record, answer.exists, now.toISOString(), options);
  return { pr, version: document.version };
}

async function askGit(tools: WorkspaceTools, record: SessionRecord, branch: string): Promise<Answer> {
  const [inWorkspace, atRemote] = await Promise.all([
    unknownWhereFailing(() => inTheWorkspace(tools, record, branch)),
    unknownWhereFailing(() => atTheRemote(tools, record, branch)),
  ]);
  if (atRemote !== "unknown") return { exists: atRemote, source: "remote" };
  // That it is not in the workspace says nothing about the repository that could not be asked.
  return inWorkspace === true ? { exists: true, source: "workspace" } : { exists: "unknown", source: "nobody" };
}

async function inTheWorkspace({ git, folders }: WorkspaceTools, record: SessionRecord, branch: string) {
  const cwd = workspaceIn(folders, record);
  if (cwd === undefined) return "unknown";
  repositoryFiles(cwd); // throws where git would wait for what stands there
  const { exitCode } = await git.run({ cwd, args: ["show-ref", "--verify", "--quiet", `refs/heads/${branch}`] });
  return exitCode === 0 ? true : exitCode === 1 ? false : "unknown";
}

async function atTheRemote({ git }: WorkspaceTools, record: SessionRecord, branch: string) {
  const repository = repositoryOf(record);
  if (repository === undefined) return "unknown";
  const ref = `refs/heads/${branch}`;
  return NeutralRepository.with(async ({ folder, outside }) => {
    const args = ["ls-remote", "--quiet", "--end-of-options", repository.address, ref];
    const stdout = await git.output({ cwd: folder, args, env: outside, remote: true, limitMs: REMOTE_LIMIT_MS });
    // git finds refs whose end is like this, too.
    return stdout.split("\n").some((line) => line.split("\t")[1] === ref);
  });
}

async function unknownWhereFailing(ask: () => Promise<boolean | "unknown">): Promise<boolean | "unknown"> {
  try {
    return await ask();
  } catch {
    return "unknown"; // no git, no server, no rights: nobody knows
  }
}

/** Not where somebody else has written a newer state while git was asked, nor that there is none where none was known. */
async function writeBack(
  { store }: WorkspaceTools,
  seen: SessionRecord,
  exists: boolean,
  now: string,
  { actor, expectedVersion }: ChangeOptions,
): Promise<ChangeResult> {
  const note = {
    source: "pr-check",
    ...defined({ actor, expectedVersion }),
  };
  const change = (record: SessionRecord): SessionRecord => {
    const isSame = isSameJson((record.prState ?? null) as Json, (seen.prState ?? null) as Json);
    if (!isSame || (!exists && (record.prState ?? null) === null)) return record;
    return { ...record, prState: nextPrState(record, exists, now) };
  };
  return store.update(seen.session, change, note);
}
