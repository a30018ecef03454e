import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { SessionRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import { SessionDbError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import { recordedPath } from "../session/workspace-path.js";
import { closeStart } from "./closed-start.js";
import { assertRemovable, removeWorkspace } from "./delete-session.js";
import { removeWorktree } from "./make-workspace.js";
import { headBranch, repositoryFiles, smallFile } from "./repository-files.js";
import { finishStart, type WorkspaceTools } from "./start-session.js";
import { type AbandonedStart, clearClosed, unfinishedStarts } from "./unfinished-start.js";
import type { FoundWorkspace } from "./workspace-folders.js";
import { isFolder } from "./workspace-of.js";

/** What does not fit together, and what mends it. */
export interface WorkspaceFinding {
  readonly kind:
    | "start-running" // nothing to do
    | "start-abandoned" // its process was killed: what it left is removed
    | "start-unrecorded" // killed between making the workspace and recording it: it is recorded
    | "folder-without-record" // a git repository in the place of a session that is not known: it is recorded
    | "folder-of-deleted" // its session was deleted: it is removed, where no work would be lost
    | "folder-unknown" // no id gives this name, or it is no repository: left alone
    | "record-without-folder"; // the folder is gone: told
  readonly session: string | null;
  readonly path: string;
  /** What was done, or would be; null where only a person can decide. */
  readonly mend: string | null;
  /** The command to type where `mend` is null. */
  readonly hint: string | null;
  readonly done: boolean;
}

export interface RepairReport {
  /** The records were read up to here. */
  readonly offset: number;
  readonly findings: readonly WorkspaceFinding[];
}

type Mend = (() => Promise<unknown>) | undefined;
type Found = readonly [Omit<WorkspaceFinding, "done">, Mend];

export interface RepairOptions {
  /** Default false: it only says what is found. */
  readonly execute?: boolean;
  /** ` --store URL` for the commands in hints. */
  readonly storeOption?: string;
}

/**
 * Compares the records with the folders below the base folder. With `execute` it mends what loses nothing: ends or removes
 * what killed starts left, records folders that have no record, removes folders of deleted sessions that hold no work.
 */
export async function repairWorkspaces(
  tools: WorkspaceTools,
  { execute = false, storeOption = "" }: RepairOptions = {},
): Promise<RepairReport> {
  const { documents: map, offset } = await tools.store.folded();
  const documents = new Map(map);
  const now = (tools.now ?? (() => new Date()))();
  const starts = await unfinishedStarts(tools.folders, now);
  const folders = await tools.folders.list();
  const finished = new Set<string>();
  const found = [
    ...starts.flatMap((start) => ofStart(tools, start, folders, documents, finished)),
    ...folders.flatMap((folder) => (finished.has(folder.path) ? [] : ofFolder(tools, folder, documents))),
    ...[...documents.values()].flatMap((document) => ofRecord(document, storeOption)),
  ];
  const findings: WorkspaceFinding[] = [];
  for (const [finding, mend] of found)
    findings.push(execute ? await mended(finding, mend) : { ...finding, done: false });
  if (execute) await clearClosed(tools.folders, now);
  return { offset, findings };
}

/** What cannot be mended says why. */
async function mended(finding: Omit<WorkspaceFinding, "done">, mend: Mend): Promise<WorkspaceFinding> {
  if (mend === undefined) return { ...finding, done: false };
  try {
    await mend();
    return { ...finding, done: true };
  } catch (error) {
    if (!(error instanceof SessionDbError)) throw error;
    return { ...finding, mend: null, hint: `${error.message}; ${error.hint ?? ""}`, done: false };
  }
}

function ofStart(
  tools: WorkspaceTools,
  { folder, claim, abandoned, closing }: AbandonedStart,
  folders: readonly FoundWorkspace[],
  documents: ReadonlyMap<string, SessionDocument>,
  finished: Set<string>,
): Found[] {
  const session = claim?.session ?? null;
  const remove = () =>
    closeStart(folder, async () => {
      // Its repository may know of the worktree already, or not yet, or not any more.
      if (claim?.source !== undefined)
        await removeWorktree(tools.git, claim.source, join(folder, "tree")).catch(() => undefined);
    });
  const placed = folders.find(({ id }) => id === session && session !== null);
  const isRecorded = session !== null && documents.get(session)?.deleted === null;
  if (placed !== undefined && (!isRecorded || !abandoned)) finished.add(placed.path);
  if (!abandoned)
    return [[{ kind: "start-running", session, path: folder, mend: null, hint: "wait for it" }, undefined]];
  const isPlaced = placed !== undefined && !closing && !isFolder(join(folder, "tree"));
  if (claim === undefined || !isPlaced || isRecorded) {
    if (placed !== undefined) finished.delete(placed.path);
    return [[{ kind: "start-abandoned", session, path: folder, mend: "remove it", hint: null }, remove]];
  }
  const finish = async () => {
    await finishStart(tools, claim);
    await remove();
  };
  return [[{ kind: "start-unrecorded", session, path: placed.path, mend: "record the session", hint: null }, finish]];
}

function ofFolder(
  tools: WorkspaceTools,
  { id, path }: FoundWorkspace,
  documents: ReadonlyMap<string, SessionDocument>,
): Found[] {
  const document = id === undefined ? undefined : documents.get(id);
  if (document?.deleted === null) return [];
  if (id === undefined || !isRepository(path)) {
    const hint = "look at it; move it away where it is not needed";
    return [[{ kind: "folder-unknown", session: id ?? null, path, mend: null, hint }, undefined]];
  }
  if (document === undefined) {
    const adopt = () => tools.store.create(adopted(id, path), { source: "repair" });
    return [[{ kind: "folder-without-record", session: id, path, mend: "record the session", hint: null }, adopt]];
  }
  const remove = async () => {
    await assertRemovable(tools, id, path, false);
    await removeWorkspace(tools, id, path);
  };
  return [
    [{ kind: "folder-of-deleted", session: id, path, mend: "remove it, if no work is lost", hint: null }, remove],
  ];
}

function ofRecord({ id, record, deleted }: SessionDocument, storeOption: string): Found[] {
  const path = recordedPath(record);
  if (deleted !== null || path === undefined || (isAbsolute(path) && isFolder(path))) return [];
  const named = Object.entries(record).find(([, value]) => value === path)?.[0];
  const [remove, forget] = [`delete ${shellWord(id)}`, `update ${shellWord(id)} --unset ${named}`];
  const hint = `sessiondb session ${remove}${storeOption}, or: sessiondb session ${forget}${storeOption}`;
  return [[{ kind: "record-without-folder", session: id, path, mend: null, hint }, undefined]];
}

function isRepository(path: string): boolean {
  try {
    return repositoryFiles(path) !== undefined;
  } catch {
    return false;
  }
}

/** What the folder itself says; nothing is made up. */
function adopted(session: string, workspacePath: string): SessionRecord {
  const files = repositoryFiles(workspacePath);
  const branch = headBranch(files);
  const repoUrl = originOf(join(files.commonDir, "config"));
  const createdAt = statSync(workspacePath).birthtime.toISOString();
  const known = defined({ branch, repoUrl });
  return { session, workspacePath, createdAt, status: "CREATED", ...known };
}

/** Read as text: git would read more than the address. */
function originOf(config: string): string | undefined {
  const [, section = ""] = /^\[remote "origin"\]\s*$([^[]*)/m.exec(smallFile(config)) ?? [];
  const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1];
  return url === undefined || /\/\/[^/]*@/.test(url) ? undefined : url;
}
