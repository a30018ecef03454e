import { expandPath } from "../config/paths.js";
import { UsageError } from "../errors.js";
import { REGISTERED } from "./registered-backends.js";

const FORMS = ["jsonl:PATH", "sqlite:PATH", "postgres://user@host/database", "memory:"];

/** With all forms that an address can have. */
export function invalidUrl(message: string): UsageError {
  const own = [...REGISTERED.keys()].map((scheme) => `${scheme}:…`);
  return new UsageError("STORE_URL_INVALID", message, { hint: `write one of: ${[...FORMS, ...own].join("  ")}` });
}

/** The file that an address names. @throws UsageError STORE_URL_INVALID */
export function pathOf(rest: string, url: string): string {
  if (rest === "") throw invalidUrl(`${JSON.stringify(url)} names no file`);
  // SQLite's own word, of which a path would make a file of that name.
  if (rest === ":memory:")
    throw invalidUrl(`${JSON.stringify(url)} names no file; a log that is kept nowhere is memory:`);
  return expandPath(rest);
}
