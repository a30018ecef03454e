import type { Stats } from "node:fs";
import { lstat, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { RefusedError, RuleError, StorageError } from "../errors.js";
import { makeFolder } from "../files/make-folder.js";
import { folderSegments, goesOn, idOfFolder } from "../session/folder-name.js";

const PRIVATE = 0o700;

export interface FoundWorkspace {
  /** Undefined where the name is none that an id gives. */
  readonly id: string | undefined;
  readonly path: string;
}

/**
 * The folders `<base folder>/sessions/<escaped id>`. A path that is changed is always a real folder below the real
 * `sessions`: a symbolic link in its place is never followed.
 */
export class WorkspaceFolders {
  readonly baseDir: string;

  /** @param baseDir absolute; need not be there yet */
  constructor(baseDir: string) {
    this.baseDir = baseDir;
  }

  /** Where the workspace of a session is, or would be. Says nothing about whether it is there. */
  pathOf(id: string): string {
    return join(this.baseDir, "sessions", ...folderSegments(id));
  }

  /** The folder of all workspaces, made where it is missing, with links in its own path resolved. */
  async root(): Promise<string> {
    return failing(this.baseDir, async () => {
      makeFolder(join(this.baseDir, "sessions"), PRIVATE);
      return realpath(join(this.baseDir, "sessions"));
    });
  }

  /** @returns the path; undefined where nothing is there. @throws RefusedError WORKSPACE_OUTSIDE for a link or a file */
  async find(id: string): Promise<string | undefined> {
    return failing(this.baseDir, async () => {
      const root = await realpathOrNone(join(this.baseDir, "sessions"));
      if (root === undefined) return undefined;
      let path = root;
      for (const segment of folderSegments(id)) {
        path = join(path, segment);
        const stats = await statsOf(path);
        if (stats === undefined) return undefined;
        if (!stats.isDirectory()) throw notAFolder(path);
      }
      return path;
    });
  }

  /**
   * Moves a finished folder, which must lie below root(), to its place, in one step. Of two that do so one wins.
   *
   * @throws RuleError WORKSPACE_EXISTS
   */
  async place(finished: string, id: string): Promise<string> {
    if ((await this.find(id)) !== undefined) throw workspaceExists(id, this.pathOf(id));
    const path = join(await this.root(), ...folderSegments(id));
    await failing(path, async () => makeFolder(dirname(path), PRIVATE));
    try {
      await rename(finished, path);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EPERM"].includes(codeOf(error))) throw workspaceExists(id, path);
      throw workspaceFailed(path, error);
    }
    return path;
  }

  /** Removes the folder and all in it; links in it are removed, not followed. Nothing where it is not there. */
  async remove(id: string): Promise<void> {
    const path = await this.find(id);
    if (path === undefined) return;
    await failing(path, () => rm(path, { recursive: true, force: true, maxRetries: 3 }));
    const segments = folderSegments(id).slice(0, -1);
    let above = dirname(path);
    for (const _segment of segments) {
      await rmdir(above).catch(() => undefined); // holds another session's folder too
      above = dirname(above);
    }
  }

  /** Everything that stands where workspaces stand, hidden names left out. Empty where there is no such folder yet. @throws StorageError */
  async list(): Promise<FoundWorkspace[]> {
    return failing(this.baseDir, async () => {
      const root = await realpathOrNone(join(this.baseDir, "sessions"));
      return root === undefined ? [] : listed(root, root);
    });
  }

  /** True where `path` is the real folder that belongs to this session. */
  async isOwn(id: string, path: string): Promise<boolean> {
    return failing(path, async () => {
      const root = await realpathOrNone(join(this.baseDir, "sessions"));
      const real = await realpathOrNone(path);
      if (root === undefined || real === undefined) return false;
      return relative(root, real) === folderSegments(id).join(sep);
    });
  }
}

async function listed(root: string, folder: string): Promise<FoundWorkspace[]> {
  const found: FoundWorkspace[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || !entry.isDirectory()) continue;
    if (goesOn(entry.name)) found.push(...(await listed(root, path)));
    else found.push({ id: idOfFolder(relative(root, path).split(sep)), path });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function workspaceExists(id: string, path: string): RuleError {
  return new RuleError("WORKSPACE_EXISTS", `a folder for session ${id} is there already: ${path}`, {
    hint: "another start may be under way; else sessiondb session repair says whose it is",
  });
}

function notAFolder(path: string): RefusedError {
  return new RefusedError("WORKSPACE_OUTSIDE", `${path} is a link or a file, not a folder; it is not touched`, {
    hint: "look at it, and move it away",
  });
}

export function workspaceFailed(path: string, cause: unknown): StorageError {
  return new StorageError(
    "WORKSPACE_FAILED",
    `${path}: workspaces cannot be looked at or changed there: ${codeOf(cause)}`,
    {
      hint: "check the disk, the rights and that it is a folder, or name another one: --base-dir or MINSKY_BASE_DIR",
      cause,
    },
  );
}

async function failing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof RefusedError || error instanceof RuleError ? error : workspaceFailed(path, error);
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(noneWhereMissing);
}

async function realpathOrNone(path: string): Promise<string | undefined> {
  return realpath(path).catch(noneWhereMissing);
}

function noneWhereMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
  return undefined;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : String(error);
}
