import type { Stats } from "node:fs";
import { lstat, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";

/** What is taken out of a start's place to be removed: a name of its own, so that who is killed there is found again. */
const TAKEN = ".closed-";
const MAX_TRIES = 100;

/** Where the start lay whose folder was taken out of its place; undefined for every other folder. */
export function placeOfTaken(folder: string): string | undefined {
  const name = basename(folder);
  return name.startsWith(TAKEN) ? join(dirname(folder), `.${name.slice(TAKEN.length)}`) : undefined;
}

/**
 * Removes the folder of a start whose process is gone, for good. Its git may still live, knows the path, and makes whatever
 * folders are missing on the way to a file; so an empty file takes the place of the folder, through which no path
 * leads. Done again where it was cut off, it goes on.
 *
 * @param place where the start lay, or lies
 * @param forget called when nothing can appear there any more, and before what was there is removed
 * @throws StorageError WORKSPACE_FAILED: it is as it was, or may be closed again
 */
export async function closeStart(place: string, forget: () => Promise<void>): Promise<void> {
  const taken = join(dirname(place), `${TAKEN}${basename(place).slice(1)}`);
  try {
    await block(place, taken);
    await forget();
    await removeStart(taken);
  } catch (cause) {
    if (codeOf(cause) === "") throw cause;
    const hint = "check the disk and the rights of the folder, and repair again";
    throw new StorageError("WORKSPACE_FAILED", `${place} cannot be removed: ${codeOf(cause)}`, { hint, cause });
  }
}

/** git may still be dying in it, so it is tried again where it is not empty. */
export async function removeStart(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** The files that stand where starts lay: they go when nobody can be at work there any more. */
export async function removeOldBlocks(
  root: string,
  isOld: (changedMs: number) => boolean,
  name: RegExp,
): Promise<void> {
  const names = await readdir(root).catch(() => []); // there is no such folder, so there are none
  for (const path of names.filter((one) => name.test(one)).map((one) => join(root, one))) {
    const stats = await statsOf(path);
    if (stats?.isFile() === true && isOld(stats.mtimeMs)) await rm(path, { force: true });
  }
}

/** git may be quicker than the file, and make the folder again: it is taken, too. */
async function block(place: string, taken: string): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await take(place, taken);
    if (await blocked(place)) return;
  }
  throw Object.assign(new Error("somebody makes it again and again"), { code: "EEXIST" });
}

async function take(place: string, taken: string): Promise<void> {
  if ((await statsOf(place))?.isDirectory() !== true) return; // taken before, or the file is there
  try {
    await rename(place, taken);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
    await removeStart(place); // what was made again; what tells about the start was taken before it
  }
}

async function blocked(place: string): Promise<boolean> {
  try {
    await writeFile(place, "", { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST" && codeOf(error) !== "EISDIR") throw error;
    return (await statsOf(place))?.isFile() === true;
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined); // where it cannot be looked at, what is done next says why
}
