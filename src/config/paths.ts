import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_STATE_HOME/minsky`, default `~/.local/state/minsky`. A relative XDG value is ignored, as XDG says. */
export function stateDir(env: Env): string {
  const base = env.XDG_STATE_HOME;
  const root = base !== undefined && isAbsolute(base) ? base : join(homedir(), ".local", "state");
  return join(root, "minsky");
}

export function defaultStoreUrl(env: Env): string {
  return `jsonl:${join(stateDir(env), "session-db.jsonl")}`;
}

/** Where Minsky kept its sessions before there was a log. */
export function legacyStatePath(env: Env): string {
  return join(stateDir(env), "session-db.json");
}

/** An absolute path; `~` and `~/…` mean the home folder. */
export function expandPath(path: string): string {
  if (path === "~") return homedir();
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}
