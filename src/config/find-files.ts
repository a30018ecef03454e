import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ConfigFile } from "./config-file.js";
import { type Env, homeDir, userConfigFile } from "./paths.js";

const REPOSITORY_FILE = join(".minsky", "config.yaml");

/** The user's file, whether it is there or not. */
export function userFile(env: Env): ConfigFile {
  const path = userConfigFile(env);
  return { path, base: dirname(path), layer: "user" };
}

/**
 * The nearest `.minsky/config.yaml` from a folder upwards, as far as the root of its repository (the folder with `.git`),
 * the home folder, or the top.
 *
 * A file that belongs to somebody else than the user and the owner of the folder is not read: on a shared machine anybody
 * could put one into /tmp. `onStranger` is told of it.
 */
export function findRepositoryFile(cwd: string, env: Env, onStranger: (path: string) => void): ConfigFile | undefined {
  for (const folder of foldersUpFrom(cwd, env)) {
    const file = repositoryFileOf(folder);
    const owner = ownerOf(file.path);
    if (owner === undefined) continue;
    if (isOwn(owner, cwd)) return file;
    onStranger(file.path);
  }
  return undefined;
}

/** The repository's file that is there, else the one to be made: at the root of the repository, else in the folder itself. */
export function repositoryFile(cwd: string, env: Env): ConfigFile {
  const found = findRepositoryFile(cwd, env, () => undefined);
  const root = foldersUpFrom(cwd, env).find((folder) => existsSync(join(folder, ".git")));
  return found ?? repositoryFileOf(root ?? cwd);
}

function repositoryFileOf(base: string): ConfigFile {
  return { path: join(base, REPOSITORY_FILE), base, layer: "repository" };
}

function foldersUpFrom(cwd: string, env: Env): string[] {
  const homes = [homeDir(env), realPath(homeDir(env))];
  const folders: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    folders.push(folder);
    if (homes.includes(folder) || existsSync(join(folder, ".git")) || dirname(folder) === folder) return folders;
  }
}

function isOwn(owner: number, cwd: string): boolean {
  const own = process.getuid?.() ?? owner;
  return owner === own || owner === ownerOf(cwd);
}

/** Of a link its own, not its target's. Undefined where nothing is there; what cannot be looked at fails when it is read. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return ["ENOENT", "ENOTDIR"].includes(code) ? undefined : process.getuid?.();
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // a home that is not there ends no search
  }
}
