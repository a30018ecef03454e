import { constants } from "node:os";
import { codeOf } from "./code-of.js";

/** What errors of the system mean, for people. Of all others, what the runtime says. */
const SAID: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file may not grow further",
  EIO: "the disk reported an error",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name, or that of a file beside it, is too long",
  ENFILE: "the system has too many files open",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is no folder",
  ENXIO: "it is a socket or a device that cannot be opened",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};

/** What they mean of folders, where that is something else, by what was tried. */
const SAID_OF_FOLDERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mkdir: { EEXIST: "a part of the path is no folder", ENOENT: "no folder can be made there" },
  scandir: { ENOTDIR: "it is no folder, or a part of the path is none" },
};

/** What an error of the system is called. The runtime has no name for a quota that is used up: there it says UNKNOWN, or only its number. */
export function fileErrorCode(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return errno !== undefined && Math.abs(errno) === constants.errno.EDQUOT ? "EDQUOT" : codeOf(error);
}

/** What an error of the system says, in words, with its name: "it is a folder (EISDIR)". Without paths, where we have the words. */
export function fileErrorText(error: unknown): string {
  const { message, syscall } = error as NodeJS.ErrnoException;
  const code = fileErrorCode(error);
  const said = SAID_OF_FOLDERS[syscall ?? ""]?.[code] ?? SAID[code];
  return said === undefined ? message : `${said} (${code})`;
}
