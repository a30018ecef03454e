import { lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { RefusedError } from "../errors.js";
import { addressParts } from "./address.js";
import type { FileEntry } from "./file-entries.js";
import type { Setting } from "./settings.js";

/** Folders that are not there yet count too. */
const MAX_LINKS = 200;

/**
 * A repository's file comes with a clone, from anybody. It may choose among the user's own things, by a backend or the name
 * of a variable, and lie within the repository; it must not say where the user's sessions and passwords go.
 *
 * @throws RefusedError CONFIG_SECRET_IN_REPOSITORY, CONFIG_NOT_FOR_REPOSITORY
 */
export function refuseUntrusted(file: string, entries: readonly FileEntry[]): void {
  for (const { setting, raw, path, line } of entries) {
    const place = `${file}:${line}: ${path.join(".")}`;
    if (setting.repository === "never") throw notForRepository(place, setting);
    if (!mayStand(setting, String(raw))) throw literalAddress(place, setting);
  }
}

function mayStand({ repository }: Setting, raw: string): boolean {
  if (/^\$\{\w+\}$/.test(raw)) return true;
  if (repository === "reference") return false;
  return repository !== "store" || isFileScheme(raw);
}

function isFileScheme(address: string): boolean {
  return ["jsonl", "sqlite"].includes(addressParts(address).scheme);
}

function literalAddress(place: string, { key }: Setting): RefusedError {
  return new RefusedError("CONFIG_SECRET_IN_REPOSITORY", `${place} holds the address of a server, for all to read`, {
    hint: `write "\${MINSKY_POSTGRES_URL}" there and set that variable, or type: sessiondb config set --user ${key} -`,
  });
}

function notForRepository(place: string, { key }: Setting): RefusedError {
  return new RefusedError("CONFIG_NOT_FOR_REPOSITORY", `${place} is not for a repository to say`, {
    hint: `remove it there and type: sessiondb config set --user ${key} VALUE`,
  });
}

/**
 * Lets only a path pass that lies inside the repository when all symbolic links are followed, of the file, its folders
 * and of what a log keeps beside it (`x.db-wal`, `x.jsonl.lock`).
 *
 * @throws RefusedError CONFIG_PATH_OUTSIDE
 */
export function assertInside(root: string, path: string, place: string): void {
  const realRoot = realpathSync.native(root);
  for (const one of [path, ...companions(path), ...companions(targetOf(path) ?? path)]) {
    const target = targetOf(one);
    const inside = target === undefined ? ".." : relative(realRoot, target);
    if (inside === "" || (!isAbsolute(inside) && ![".git", ".."].includes(inside.split(sep)[0] as string))) continue;
    throw new RefusedError("CONFIG_PATH_OUTSIDE", `${place} leads out of the repository, or into its .git: ${one}`, {
      hint: `take a path inside ${root}, or name this one yourself: --store, SESSIONDB_STORE or config set --user`,
    });
  }
}

function companions(path: string): string[] {
  try {
    const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
    return names.map((name) => join(dirname(path), name));
  } catch {
    return []; // no such folder yet, so nothing in it
  }
}

/** Where a path ends that need not be there yet, all links followed; undefined where they go round, or through a file. */
function targetOf(path: string, links = 0): string | undefined {
  if (links > MAX_LINKS) return undefined;
  try {
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return undefined;
  }
  const folder = targetOf(dirname(path), links + 1);
  if (folder === undefined) return undefined;
  const place = join(folder, basename(path));
  // A link to nothing is made something of by whoever opens it.
  const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? targetOf(resolve(folder, readlinkSync(place)), links + 1) : place;
}
