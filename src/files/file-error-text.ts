import { constants } from "node:os";
import { codeOf } from "./code-of.js";

/** What an error of the system is called. The runtime has no name for a quota that is used up: there it says UNKNOWN, or only its number. */
export function fileErrorCode(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return errno !== undefined && Math.abs(errno) === constants.errno.EDQUOT ? "EDQUOT" : codeOf(error);
}

/** What an error of the system says. */
export function fileErrorText(error: unknown): string {
  const { message, syscall } = error as NodeJS.ErrnoException;
  return fileErrorCode(error) === "EDQUOT" ? `EDQUOT: disk quota exceeded, ${syscall ?? "write"}` : message;
}
