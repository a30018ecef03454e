import type { SplitLine } from "./split-line.js";

/** Not special anywhere in a word of bash; other alphabets need no quotes either. */
const PLAIN = /[\w@%+=:,./#~^\u{80}-\u{10ffff}-]/u;

/** A text as bash has to read it where it is inserted: behind an open quote, or as (the rest of) a bare word. */
export function quoteForBash(text: string, quote: SplitLine["quote"], isWordStart: boolean): string {
  switch (quote) {
    case "'":
      return text.replaceAll("'", "'\\''");
    case '"':
      return text.replace(/["\\$`!]/g, (char) => (char === "!" ? '"\\!"' : `\\${char}`));
    case "":
      return Array.from(text, (char, i) => (isBare(char, i === 0 && isWordStart) ? char : `\\${char}`)).join("");
    default:
      return quote satisfies never;
  }
}

/** A `#` begins a comment, and a `~` is somebody's home, at the beginning of a word only. */
function isBare(char: string, isFirst: boolean): boolean {
  return PLAIN.test(char) && !(isFirst && "#~".includes(char));
}
