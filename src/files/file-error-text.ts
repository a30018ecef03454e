import { constants } from "node:os";

/** What an error of the system is called. The runtime has no name for a quota that is used up: there it says UNKNOWN, or only its number. */
export function fileErrorCode(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (errno !== undefined && Math.abs(errno) === constants.errno.EDQUOT) return "EDQUOT";
  return typeof code === "string" ? code : "";
}

/** What an error of the system says. */
export function fileErrorText(error: unknown): string {
  const { message, syscall } = error as NodeJS.ErrnoException;
  return fileErrorCode(error) === "EDQUOT" ? `EDQUOT: disk quota exceeded, ${syscall ?? "write"}` : message;
}
