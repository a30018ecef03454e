import { AppendOutcomeUnknownError, SessionDbError } from "../errors.js";

/** Nobody answers, or nobody has time to: nothing was asked of the log itself. */
const AWAY_CODES: readonly string[] = ["SERVER_UNREACHABLE", "CONNECT_REFUSED", "NO_SERVER", "SERVER_FULL"];

/**
 * Whether an error says that the server is away: refused or silent connections, a network that is gone, a server that
 * starts, stops or restarts (57P01 to 57P05), no free connection, and appends whose outcome nobody knows because of one
 * of these. A host without an address counts only where its server was reached before: else the name is probably wrong.
 *
 * Never: a wrong password, a missing right or database, a newer schema, damage, a frozen log, a full disk, a lock, a
 * statement that took too long. There the server has answered, and its answer is for whoever asked.
 */
export function isAway(error: unknown, reachedBefore: boolean): boolean {
  const cause = error instanceof AppendOutcomeUnknownError ? error.cause : error;
  if (!(cause instanceof SessionDbError)) return false;
  return AWAY_CODES.includes(cause.code) || (reachedBefore && cause.code === "HOST_NOT_FOUND");
}

/** The code that says why: of an append whose outcome is unknown, that of its cause. */
export function codeOfAway(error: unknown): string {
  const cause = error instanceof AppendOutcomeUnknownError ? error.cause : error;
  return cause instanceof SessionDbError ? cause.code : "SERVER_UNREACHABLE";
}
