import { NoServer } from "./servers/server-role.js";

/** The connection was lost, or fell silent, after a statement that commits was sent: nobody knows what became of it. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super("the commit was neither confirmed nor refused", { cause });
  }
}

/** SQLSTATE of the server's answer, or undefined where it is none of the server's. */
export function sqlState(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof severity === "string" && typeof code === "string" ? code : undefined;
}

const LOST_CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTCONN|ERR_STREAM_)/;
/** pg and pg-pool tell these apart by their messages only. */
const LOST_MESSAGES =
  /^(Connection (terminated|ended)|timeout (expired|exceeded)|Query read timeout|Client (has|was)|This socket)/;

/** The connection is gone or cannot be trusted any more: by the network, by the server, or by our own time limit. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  // 57P01 to 57P05: the server ends this connection. 25P03: because we fell silent in a transaction; 25P04: because that took
  // longer than the role may take.
  if (state !== undefined) return /^(08|57P0|25P0[34])/.test(state);
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  // The socket of a local server is not there while it restarts.
  if (code === "ENOENT" && syscall === "connect") return true;
  return LOST_MESSAGES.test(error.message) || (typeof code === "string" && LOST_CODES.test(code));
}

/** Others held a lock for as long as one waits for it. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === "55P03";
}

/** Doing the same again may help. 53300: no free connection. 57014: the statement was cancelled by a time limit. */
export function isTransient(error: unknown): boolean {
  if (error instanceof CommitUnknown || error instanceof NoServer || isConnectionLost(error) || isUnpreparable(error))
    return true;
  return /^(40001|40P01|55P03|53300|57014)$/.test(sqlState(error) ?? "");
}

/** The statement prepared under this name is not there, or another one is: a pooler gave us another connection. */
export function isUnpreparable(error: unknown): boolean {
  return /^(26000|42P05)$/.test(sqlState(error) ?? "");
}

/** The server, or the role, only reads: of a change nothing was made. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === "25006";
}

/** It says by itself that nothing was committed, nor will be by others. `detail`: how a routine of ours says so. */
export function isCertain(error: unknown, detail: string): boolean {
  return isUnpreparable(error) || isReadOnly(error) || (error as { detail?: unknown }).detail === detail;
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === "23505";
}
