import { UsageError } from "../errors.js";

/** How stdout, or stdin, is written in the place of a file. */
export const STANDARD = "-";

/** The file of an option that may say stdout, which is also what is written to where it says nothing. */
export function unlessStdout(text: string | undefined): string | undefined {
  return text === STANDARD ? undefined : text;
}

/**
 * For commander, and for arguments: the name of a file that is written and then read back, added to or put in its place,
 * which stdout cannot be.
 *
 * @throws UsageError ARGUMENT_INVALID for `-`
 */
export function fileOnly(name: string, instead = "name a file"): (text: string) => string {
  return (text) => {
    if (text !== STANDARD) return text;
    throw new UsageError("ARGUMENT_INVALID", `${name} - would be standard output, which cannot be read back`, {
      hint: `${instead}; ./- is a file of that name`,
    });
  };
}
