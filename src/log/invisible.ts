/**
 * Characters that turn the direction of what follows, break a line, or show nothing at all (two names that look the same,
 * a text that only a program reads), as they stand in a class of a regular expression with the flag `u`. Joiners and
 * selectors of variants are none of them: languages and emoji are written with them.
 */
export const INVISIBLE =
  "\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0" +
  "\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}";

/** A character as JSON escapes it: `\u202e`; one beyond U+FFFF takes two. */
export function jsonEscape(char: string): string {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
    "",
  );
}
