import { UsageError } from "../errors.js";

/**
 * A hash as people name one, in lower case. Never an empty text: what an unset variable leaves fits every hash.
 *
 * @param text all 64 hexadecimal digits, or the first 8 or more
 * @throws UsageError ARGUMENT_INVALID
 */
export function hashBeginning(text: string): string {
  if (/^[0-9a-f]{8,64}$/i.test(text)) return text.toLowerCase();
  throw new UsageError("ARGUMENT_INVALID", `${JSON.stringify(text)} is no hash`, {
    hint: "give its first 8 or more hexadecimal digits, or all 64",
  });
}
