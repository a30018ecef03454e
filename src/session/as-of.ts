import { assertOptions, type KnownOptions } from "../config/known-options.js";

export interface AsOf {
  /** The state after this offset (inclusive). Default: now. */
  readonly asOf?: number;
}

const AS_OF: KnownOptions<AsOf> = { asOf: true };

/** @throws TypeError where another option is named: the answer would be the present */
export function asOfIn(question: string, options: AsOf): number | undefined {
  assertOptions(question, options, AS_OF);
  return options.asOf;
}
