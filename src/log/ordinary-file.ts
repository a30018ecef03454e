import { statSync } from "node:fs";
import { UsageError } from "../errors.js";

/**
 * A log is an ordinary file, or there is nothing at its path yet. A pipe or a device would be read as an empty log, and take
 * what is appended without keeping it.
 *
 * @param url for the message
 * @throws UsageError PATH_INVALID; what keeps the path from being looked at is left to whoever opens it
 */
export function assertOrdinaryFile(path: string, url: string): void {
  const found = statOf(path);
  if (found === undefined || found.isFile()) return;
  const what = found.isDirectory() ? "it is a folder" : "it is a pipe or a device, and no file";
  throw new UsageError("PATH_INVALID", `${url}: ${what}`, { hint: `name a file: ${exampleOf(url)}` });
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // opening it says what is wrong, in the backend's words
  }
}

function exampleOf(url: string): string {
  return url.startsWith("sqlite:") ? "sqlite:PATH/sessions.db" : "jsonl:PATH/session-db.jsonl";
}
