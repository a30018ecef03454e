import { Option } from "commander";
import type { Config } from "../config/layers.js";
import { expandPath, stateDir } from "../config/paths.js";
import type { EventLog } from "../log/event-log.js";
import { SessionStore } from "../session/session-store.js";
import { GitRunner } from "../workspace/git-runner.js";
import type { WorkspaceTools } from "../workspace/start-session.js";
import { WorkspaceFolders } from "../workspace/workspace-folders.js";
import type { CommandContext, CommonOptions } from "./command.js";

export interface BaseDirOptions {
  baseDir?: string;
}

export function baseDirOption(): Option {
  return new Option("--base-dir <folder>", "the workspaces lie in its folder sessions; default: what the store says");
}

/** What acts on workspaces: the base folder is that of --base-dir, else configured, else what the store says, else the default. */
export async function workspaceTools(
  log: EventLog,
  { options, config }: Pick<CommandContext<BaseDirOptions & CommonOptions>, "options" | "config">,
): Promise<WorkspaceTools> {
  const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
  const baseDir = options.baseDir === undefined ? await baseDirOf(store, config()) : expandPath(options.baseDir);
  return { store, git: new GitRunner(), folders: new WorkspaceFolders(baseDir) };
}

async function baseDirOf(store: SessionStore, config: Config): Promise<string> {
  const configured = config.find("baseDir");
  if (configured !== undefined && configured.source.layer !== "default") return String(configured.value);
  const { document } = await store.settings();
  return document === null ? stateDir(process.env) : expandPath(document.baseDir);
}
