import { Option } from "commander";
import { defaultBaseDir, expandPath } from "../config/paths.js";
import type { EventLog } from "../log/event-log.js";
import { SessionStore } from "../session/session-store.js";
import { GitRunner } from "../workspace/git-runner.js";
import type { WorkspaceTools } from "../workspace/start-session.js";
import { WorkspaceFolders } from "../workspace/workspace-folders.js";
import type { CommonOptions } from "./command.js";

export interface BaseDirOptions {
  baseDir?: string;
}

export function baseDirOption(): Option {
  return new Option("--base-dir <folder>", "the workspaces lie in its folder sessions; default: what the store says");
}

/** What acts on workspaces: the base folder is that of --base-dir, else the environment's, the store's, the default. */
export async function workspaceTools(log: EventLog, options: BaseDirOptions & CommonOptions): Promise<WorkspaceTools> {
  const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
  return { store, git: new GitRunner(), folders: new WorkspaceFolders(await baseDirOf(store, options)) };
}

async function baseDirOf(store: SessionStore, { baseDir }: BaseDirOptions): Promise<string> {
  if (baseDir !== undefined) return expandPath(baseDir);
  const { MINSKY_SESSIONDB_BASE_DIR, MINSKY_BASE_DIR } = process.env;
  if ((MINSKY_SESSIONDB_BASE_DIR ?? MINSKY_BASE_DIR ?? "") !== "") return defaultBaseDir(process.env);
  const { document } = await store.settings();
  return document === null ? defaultBaseDir(process.env) : expandPath(document.baseDir);
}
