import { join } from "node:path";
import type { SessionRecord } from "../../projections/session-record.js";

/** Characters that a folder's name must not have, and `%`, so that no two ids share a name. `#` stays as it always was. */
const UNSAFE = /[%/\\:*?"<>|]/g;

/** The folder in which the session's repository lies, where the record says so. */
export function recordedPath({ repoPath, sessionPath, workspacePath }: SessionRecord): string | undefined {
  return [repoPath, sessionPath, workspacePath].find((path) => typeof path === "string" && path !== "") ?? undefined;
}

/** Where it lies otherwise. */
export function defaultPath(id: string, baseDir: string): string {
  return join(baseDir, "sessions", folderName(id));
}

/** `.`, `..` and hidden folders too must not come from an id. */
function folderName(id: string): string {
  const safe = id.replace(UNSAFE, encoded);
  return safe.startsWith(".") ? `%2E${safe.slice(1)}` : safe;
}

function encoded(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
