import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** What can be said of the place of a log without opening, creating or changing anything there. */
export interface StoreProbe {
  /** Bytes that it takes; 0 where there is nothing. undefined where nobody can say. */
  readonly sizeBytes?: number;
  /** Bytes that this user may still write there; undefined where nobody can say. */
  readonly freeBytes?: number;
  /** Why this user could not create it or write to it; undefined where nothing is known against it. */
  readonly writeFault?: string;
  /** True beside a `writeFault`, where events may be appended all the same: the everyday role of a server with roles. */
  readonly mayAppend?: boolean;
}

/** A log that is one file, with others beside it (`beside` are their endings). The files are not opened. */
export function probeFile(path: string, beside: readonly string[]): StoreProbe {
  const folder = nearestFolder(path);
  const { bavail, bsize } = statfsSync(folder);
  const fault = writeFaultOf(existsSync(path) ? [path, folder] : [folder]);
  const sizes = ["", ...beside].map((ending) => statSync(`${path}${ending}`, { throwIfNoEntry: false })?.size ?? 0);
  return {
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    freeBytes: bavail * bsize,
    ...(fault === undefined ? {} : { writeFault: fault }),
  };
}

/** Folders are made when the log is: the nearest one that is there decides. */
function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function writeFaultOf(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      return `${path} may not be written to (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  return undefined;
}
