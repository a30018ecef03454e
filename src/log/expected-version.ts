import { ConflictError } from "../errors.js";

/**
 * What the writer believes of a stream. A number is the exact version that it must have now (0: it has no events);
 * "any" always holds; "exists" holds from version 1.
 */
export type ExpectedVersion = number | "any" | "exists";

/** @returns the conflict, or undefined where `actual` fulfils `expected` */
export function versionConflict(stream: string, expected: ExpectedVersion, actual: number): ConflictError | undefined {
  if (expected === "any" || expected === actual) return undefined;
  if (expected === "exists" && actual > 0) return undefined;
  return new ConflictError(stream, expected, actual);
}

/** @throws TypeError for anything that is not an ExpectedVersion */
export function assertExpectedVersion(expected: unknown): asserts expected is ExpectedVersion {
  if (expected === "any" || expected === "exists") return;
  if (Number.isSafeInteger(expected) && (expected as number) >= 0) return;
  throw new TypeError(`expectedVersion must be a whole number from 0, "any" or "exists", not ${String(expected)}`);
}
