import { NotFoundError, type SessionDbError, StorageError } from "../errors.js";
import { codeOf } from "./code-of.js";

/**
 * A foreign file or folder that is to be imported and cannot be read.
 *
 * @returns NotFoundError IMPORT_NOT_FOUND where the system says that it is not there, else StorageError IMPORT_UNREADABLE
 */
export function sourceUnreadable(path: string, why: string, hint: string, cause: unknown): SessionDbError {
  const message = `${path} cannot be read: ${why}`;
  if (isAbsent(cause)) return new NotFoundError("IMPORT_NOT_FOUND", message, { hint, cause });
  return new StorageError("IMPORT_UNREADABLE", message, { hint, cause });
}

function isAbsent(cause: unknown): boolean {
  return typeof cause === "object" && cause !== null && codeOf(cause) === "ENOENT";
}
