import { link, lstat, rename, rm } from "node:fs/promises";
import { codeOf } from "./code-of.js";

/** What file systems say that have no hard links. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"];

/**
 * Gives a file that was written under another name its own. The folder is the caller's to sync.
 *
 * @param unfinished in the same folder
 * @param replaces false: rejects with EEXIST where something has come to stand in its place, and leaves that alone
 */
export async function putInPlace(unfinished: string, path: string, replaces: boolean): Promise<void> {
  if (replaces) await rename(unfinished, path);
  else await linkOrRename(unfinished, path);
}

/** Only a link says in one step whether the place was free. */
async function linkOrRename(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    if (await exists(path)) throw taken(path);
    return rename(unfinished, path);
  }
  await rm(unfinished);
}

function taken(path: string): Error {
  return Object.assign(new Error(`EEXIST: something stands there already, ${path}`), {
    code: "EEXIST",
    syscall: "link",
  });
}

/** Whether putInPlace was refused because the place was taken; a folder that is in the way of another one is called the same. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === "EEXIST" && (error as NodeJS.ErrnoException).syscall === "link";
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );
}
