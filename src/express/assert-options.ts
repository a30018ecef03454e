import { nearest } from "../config/nearest.js";
import { UsageError } from "../errors.js";
import type { OpenWebSessionsOptions } from "../web-session/open-web-sessions.js";

/** As an object, so that the compiler knows when one is missing. */
const KNOWN: Readonly<Record<keyof OpenWebSessionsOptions | "pruneInterval" | "lateSave", true>> = {
  url: true,
  keyStore: true,
  pool: true,
  mustExist: true,
  ttl: true,
  touchInterval: true,
  userIdPath: true,
  maxBytes: true,
  actor: true,
  now: true,
  pruneInterval: true,
  lateSave: true,
};

/**
 * Other stores are given the module of express-session, an address, or `conString`. Passed over, each of these would
 * leave the logins in a file on this machine, and nobody would notice before there are two servers.
 *
 * @throws UsageError WEB_OPTION_INVALID
 */
export function assertStoreOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) throw invalid(`they are an object, not a ${typeof options}`);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(KNOWN, name)) continue;
    const meant = nearest(name, Object.keys(KNOWN));
    throw invalid(`there is no ${JSON.stringify(name)}${meant === undefined ? "" : `; ${meant} was meant?`}`);
  }
}

/** What is neither would be taken for "drop" in silence. @throws UsageError WEB_OPTION_INVALID */
export function assertLateSave(lateSave: unknown): void {
  if (lateSave === "drop" || lateSave === "error") return;
  throw invalid('lateSave is "drop" or "error"');
}

function invalid(what: string): UsageError {
  return new UsageError("WEB_OPTION_INVALID", `options of the session store: ${what}`, {
    hint: 'write sessionStore({ url: "sqlite:./web.db" }); docs/web-sessions.md has all of them',
  });
}
