import { type KnownOptions, unknownOption } from "../config/known-options.js";
import { UsageError } from "../errors.js";
import type { OpenWebSessionsOptions } from "../web-session/open-web-sessions.js";

const KNOWN: KnownOptions<OpenWebSessionsOptions & { pruneInterval: unknown; lateSave: unknown }> = {
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
  const unknown = unknownOption(options, KNOWN);
  if (unknown === undefined) return;
  const { name, meant } = unknown;
  throw invalid(`there is no ${JSON.stringify(name)}${meant === undefined ? "" : `; ${meant} was meant?`}`);
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
