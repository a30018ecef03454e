import { UsageError } from "../errors.js";
import { typeName } from "../log/type-name.js";

/** Bounds the cost of a match: it grows with the length of the pattern times that of the text, and no faster. */
export const MAX_GLOB_CHARS = 500;

/**
 * `*` stands for any text, also none, `?` for one character, everything else for itself. No regular expression: patterns
 * and texts come from strangers, and backtracking over several stars takes for ever.
 *
 * @throws UsageError GLOB_INVALID where the pattern is no text, empty or longer than {@link MAX_GLOB_CHARS} characters
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (typeof pattern !== "string") {
    throw new UsageError("GLOB_INVALID", `a pattern is a text, not ${typeName(pattern)}`, {
      hint: "for example 'agent:*'",
    });
  }
  if (pattern === "" || pattern.length > MAX_GLOB_CHARS) {
    const what = pattern === "" ? "an empty pattern" : `a pattern of ${pattern.length} characters`;
    throw new UsageError("GLOB_INVALID", `${what} cannot be matched`, {
      hint: `write 1 to ${MAX_GLOB_CHARS} characters, for example 'agent:*'`,
    });
  }
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const glob = [...pattern];
  return (text) => matches(glob, [...text]);
}

/** Takes the shortest text for each star and lengthens only that of the last one: earlier ones need no second try. */
function matches(glob: readonly string[], text: readonly string[]): boolean {
  let [g, t, afterStar, starEnd] = [0, 0, -1, 0];
  while (t < text.length) {
    if (glob[g] === "*") {
      afterStar = ++g;
      starEnd = t;
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === text[t])) {
      g++;
      t++;
    } else if (afterStar !== -1) {
      g = afterStar;
      t = ++starEnd;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}
