import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { SessionRecord } from "../../projections/session-record.js";
import { NotFoundError } from "../errors.js";
import { recordedPath } from "../session/workspace-path.js";
import { parseRepository, type RepositoryAddress } from "./repository-address.js";
import type { WorkspaceFolders } from "./workspace-folders.js";

/** Where the session's files are on this machine: where the record says, else its own folder. Undefined: nowhere. */
export function workspaceIn(folders: WorkspaceFolders, record: SessionRecord): string | undefined {
  const recorded = recordedPath(record);
  const places = [
    ...(recorded !== undefined && isAbsolute(recorded) ? [recorded] : []),
    folders.pathOf(record.session),
  ];
  return places.find(isFolder);
}

/** @throws NotFoundError WORKSPACE_NOT_FOUND */
export function workspaceOf(folders: WorkspaceFolders, record: SessionRecord): string {
  const path = workspaceIn(folders, record);
  if (path !== undefined) return path;
  const expected = recordedPath(record) ?? folders.pathOf(record.session);
  throw new NotFoundError("WORKSPACE_NOT_FOUND", `session ${record.session} has no workspace here: no ${expected}`, {
    hint: "sessiondb session repair compares folders and records; --base-dir names another base folder",
  });
}

/** The repository that the session's work comes from and goes to; undefined where the record names none that can be used. */
export function repositoryOf({ repoUrl }: SessionRecord): RepositoryAddress | undefined {
  try {
    return typeof repoUrl === "string" ? parseRepository(repoUrl, "/") : undefined;
  } catch {
    return undefined; // imported records name what they like, and folders go away
  }
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // gone, or not ours to see: nothing that can be worked in
  }
}
