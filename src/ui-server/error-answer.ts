import {
  ArchivedError,
  ConflictError,
  EventIdReusedError,
  InvalidEventError,
  NotFoundError,
  RefusedError,
  RuleError,
  SessionDbError,
  UnavailableError,
  UsageError,
} from "../errors.js";
import { withStores } from "../migrate/named-stores.js";
import type { ErrorAnswer } from "./answers.js";

type ErrorStatus = 400 | 403 | 404 | 409 | 500 | 503;

const BY_CLASS: ReadonlyArray<readonly [new (...args: never[]) => Error, ErrorStatus]> = [
  [UsageError, 400],
  [InvalidEventError, 400],
  [RefusedError, 403],
  [NotFoundError, 404],
  [ConflictError, 409],
  [RuleError, 409],
  [EventIdReusedError, 409],
  [UnavailableError, 503],
  [ArchivedError, 503],
];

/**
 * The same document that the commands print with --json, and the status that fits it.
 *
 * @param store the address of the log that was asked, which the command of a hint then names
 */
export function errorAnswer(error: unknown, store: string): { status: ErrorStatus; answer: ErrorAnswer } {
  const status = BY_CLASS.find(([errorClass]) => error instanceof errorClass)?.[1] ?? 500;
  if (!(error instanceof SessionDbError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { status, answer: { error: { code: "UNEXPECTED", message, hint: "report it, with what you did" } } };
  }
  const { code, message } = error;
  const hint = error.hint === undefined ? {} : { hint: withStores(error.hint, { store }) };
  return { status, answer: { error: { code, message, ...hint } } };
}
