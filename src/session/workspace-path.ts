import { join } from "node:path";
import type { SessionRecord } from "../../projections/session-record.js";
import { folderSegments } from "./folder-name.js";

/** The folder in which the session's repository lies, where the record says so. */
export function recordedPath({ repoPath, sessionPath, workspacePath }: SessionRecord): string | undefined {
  return [repoPath, sessionPath, workspacePath].find((path) => typeof path === "string" && path !== "") ?? undefined;
}

/** Where it lies otherwise. */
export function defaultPath(id: string, baseDir: string): string {
  return join(baseDir, "sessions", ...folderSegments(id));
}
