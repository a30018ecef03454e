import {
  ArchivedError,
  ChainBreakError,
  ConflictError,
  DivergedError,
  EventIdReusedError,
  IntegrityError,
  InvalidEventError,
  NotFoundError,
  RefusedError,
  RuleError,
  UnavailableError,
  UsageError,
} from "../errors.js";

/** Documented in docs/cli.md and in --help; scripts rely on them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  integrity: 6,
  refused: 7,
  differences: 8,
} as const;

/** What each code means, and what a signal gives. */
export const EXIT_MEANINGS: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [EXIT.done, "done"],
  [EXIT.failed, "failed"],
  [EXIT.usage, "usage or configuration"],
  [EXIT.notFound, "not found"],
  [EXIT.conflict, "conflict"],
  [EXIT.unavailable, "locked or unreachable"],
  [EXIT.integrity, "integrity"],
  [EXIT.refused, "refused, needs --yes or --force"],
  [EXIT.differences, "differences (with --exit-code), or warnings of doctor"],
  [130, "ended by Ctrl-C"],
  [143, "ended by SIGTERM"],
  [129, "ended by SIGHUP"],
];

const BY_CLASS: ReadonlyArray<readonly [new (...args: never[]) => Error, number]> = [
  [UsageError, EXIT.usage],
  [InvalidEventError, EXIT.usage],
  [NotFoundError, EXIT.notFound],
  [ConflictError, EXIT.conflict],
  [EventIdReusedError, EXIT.conflict],
  [RuleError, EXIT.conflict],
  [UnavailableError, EXIT.unavailable],
  [ArchivedError, EXIT.unavailable],
  [IntegrityError, EXIT.integrity],
  [ChainBreakError, EXIT.integrity],
  [DivergedError, EXIT.integrity],
  [RefusedError, EXIT.refused],
];

export function exitCodeOf(error: unknown): number {
  return BY_CLASS.find(([errorClass]) => error instanceof errorClass)?.[1] ?? EXIT.failed;
}
