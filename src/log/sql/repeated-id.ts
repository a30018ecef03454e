import { ChainBreakError } from "../../errors.js";

/**
 * Of sealed events whose place is right. No append of ours writes an id twice; their hashes do not tell it, so the hint
 * leads to the ids themselves and not to `verify`.
 *
 * @param behind the log's last offset
 */
export function repeatedId(behind: number, cause: unknown): ChainBreakError {
  return new ChainBreakError("an id of these events stands in this log already, or twice among them", behind, {
    hint: "verify does not tell it, because the hashes are right: two lines of the log that they come from have the same id, see: sessiondb events export",
    cause,
  });
}
