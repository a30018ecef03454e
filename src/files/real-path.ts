import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf } from "./code-of.js";

/**
 * The path without symbolic links, as far as it is there; of a link to a file that is not there yet, the place where the
 * file will be. So everybody finds one file under one name, whatever name he came by.
 *
 * @param path absolute
 * @throws as realpath of Node does, but for ENOENT
 */
export function realPathOf(path: string): string {
  const there = realPath(path);
  if (there !== undefined) return there;
  const folder = realPath(dirname(path));
  if (folder === undefined) return path;
  const place = join(folder, basename(path));
  const target = linkTarget(place);
  return target === undefined ? place : realPathOf(resolve(folder, target));
}

/** A link in a ring is ELOOP here, so following those to nothing comes to an end. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (["ENOENT", "EINVAL"].includes(codeOf(error) ?? "")) return undefined; // nothing, or no link
    throw error;
  }
}
