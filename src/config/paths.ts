import { userInfo } from "node:os";
import { isAbsolute, join, parse, resolve } from "node:path";
import { UsageError } from "../errors.js";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * The home folder of an environment: `$HOME` where it is absolute, else what the system says (os.homedir would say `$HOME`);
 * `/` for a user that the system does not know, as in a container.
 */
export function homeDir(env: Env): string {
  if (env.HOME !== undefined && isAbsolute(env.HOME)) return env.HOME;
  try {
    return userInfo().homedir;
  } catch {
    return parse(process.cwd()).root;
  }
}

/** `$XDG_STATE_HOME/minsky`, default `~/.local/state/minsky`. A relative XDG value is ignored, as XDG says. */
export function stateDir(env: Env): string {
  return join(xdgFolder(env, env.XDG_STATE_HOME, ".local/state"), "minsky");
}

/** Where rollbacks save what they cut, unless a program names another place. */
export function rollbackFolder(env: Env): string {
  return join(stateDir(env), "rollbacks");
}

/** `$XDG_CONFIG_HOME/minsky/config.yaml`, default `~/.config/minsky/config.yaml`. */
export function userConfigFile(env: Env): string {
  return join(xdgFolder(env, env.XDG_CONFIG_HOME, ".config"), "minsky", "config.yaml");
}

export function defaultStoreUrl(env: Env): string {
  return `jsonl:${join(stateDir(env), "session-db.jsonl")}`;
}

/** Where Minsky kept its sessions before there was a log. */
export function legacyStatePath(env: Env): string {
  return join(stateDir(env), "session-db.json");
}

export function defaultSqlitePath(env: Env): string {
  return join(stateDir(env), "sessions.db");
}

/** Below it each server's log has its outbox. */
export function outboxRoot(env: Env): string {
  return join(stateDir(env), "outbox");
}

/** Where the sessions of web applications are: SESSION_DB_URL, BODHI_SESSION_DB_URL, else a SQLite file of its own. */
export function webStoreUrl(env: Env): string {
  const named = [env.SESSION_DB_URL, env.BODHI_SESSION_DB_URL].find((url) => url !== undefined && url !== "");
  return named ?? `sqlite:${join(stateDir(env), "session.db")}`;
}

/**
 * An absolute path; `~` and `~/…` mean the home folder, other relative paths start at `base`; without one, or an empty
 * one, at the current folder.
 *
 * @throws UsageError PATH_INVALID the current folder was removed
 */
export function expandPath(path: string, base: string = "", env: Env = process.env): string {
  if (path === "~") return homeDir(env);
  return path.startsWith("~/") ? join(homeDir(env), path.slice(2)) : resolvedPath(base, path);
}

function resolvedPath(base: string, path: string): string {
  try {
    return resolve(base, path);
  } catch (cause) {
    throw new UsageError("PATH_INVALID", `the current folder is no longer there, and ${path} cannot begin in it`, {
      hint: "change into a folder that is there, or write the whole path",
      cause,
    });
  }
}

function xdgFolder(env: Env, named: string | undefined, otherwise: string): string {
  return named !== undefined && isAbsolute(named) ? named : join(homeDir(env), otherwise);
}
