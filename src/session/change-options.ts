import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { assertCount } from "../log/assert-limits.js";
import type { CreateOptions } from "./decide-create.js";
import type { ChangeNote } from "./session-event.js";

export interface ChangeOptions extends ChangeNote {
  readonly actor?: string;
  /**
   * The version that the session's stream must have (0: it must be new); otherwise ConflictError, without a retry. What is no
   * whole number from 0 is a TypeError.
   */
  readonly expectedVersion?: number;
}

const CHANGE_OPTIONS: KnownOptions<ChangeOptions & CreateOptions> = {
  actor: true,
  expectedVersion: true,
  reason: true,
  recreate: true,
  source: true,
};

/** @throws TypeError an option that is not known, or a version that is none */
export function assertChangeOptions(options: ChangeOptions): void {
  assertOptions("a change", options, CHANGE_OPTIONS);
  // NaN, or the text of a header, fits no version: that would be a conflict for ever.
  if (options.expectedVersion !== undefined) assertCount("expectedVersion", options.expectedVersion, 0);
}
