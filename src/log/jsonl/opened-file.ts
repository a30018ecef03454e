import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { IntegrityError } from "../../errors.js";
import { isReadOnlyError } from "../../files/storage-errors.js";
import { isSameFile } from "../file-name.js";
import { assertWholeLog, closeSegments, LogSegments } from "./log-segments.js";

/** Attempts to open a file and its segments while others put new ones there. */
const MAX_LOOKS = 10;

/** The file of a log that is open, and the segments in front of it. */
export interface OpenedFile {
  readonly fd: number;
  readonly segments: LogSegments;
  /** false where the system lets it only be read. */
  readonly writable: boolean;
}

/**
 * The file that has the name while its segments are read: one that is moved away meanwhile has become a segment itself.
 *
 * @returns undefined where there is no file (yet)
 * @throws IntegrityError as of assertWholeLog and LogSegments.load; nothing is left open then
 */
export function openedFile(path: string): OpenedFile | undefined {
  for (let looks = 1; ; looks++) {
    const named = openNamed(path);
    if (named === undefined) {
      assertWholeLog(path);
      return undefined;
    }
    const { fd } = named;
    try {
      const segments = LogSegments.load(path, fd);
      if (isNamed(fd, path) || looks === MAX_LOOKS) return { ...named, segments };
      closeSegments(segments.open);
    } catch (error) {
      // Somebody may have begun, or taken away, a segment between two looks.
      if (looks === MAX_LOOKS || !(error instanceof IntegrityError)) {
        closeSync(fd);
        throw error;
      }
    }
    closeSync(fd);
  }
}

function openNamed(path: string): Pick<OpenedFile, "fd" | "writable"> | undefined {
  try {
    return { fd: openSync(path, constants.O_RDWR), writable: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (!isReadOnlyError(error)) throw error;
    return { fd: openSync(path, constants.O_RDONLY), writable: false };
  }
}

function isNamed(fd: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && isSameFile(named, fstatSync(fd));
}
