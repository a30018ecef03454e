import { SessionDbError } from "../../errors.js";

/** Why a log cannot be read just now. */
export interface LogTrouble {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Since when; ISO 8601 UTC. */
  readonly since: string;
}

/** What an error says about a log, for people. */
export function troubleOf(error: unknown): Omit<LogTrouble, "since"> {
  if (error instanceof SessionDbError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: "UNEXPECTED", message: error instanceof Error ? error.message : String(error), hint: undefined };
}
