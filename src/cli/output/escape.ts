/**
 * Makes stored text harmless on a terminal: control characters, C1 codes, bidirectional overrides and line separators
 * become visible as `\u{…}`. Text comes from foreign files and agents and must never move the cursor or hide a word.
 */
export function printable(text: string): string {
  return text.replace(DANGEROUS, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

/** The same for a text of several lines: line breaks and tabs are what they are. */
export function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

/** The same for a JSON text: as `\uXXXX`, which leaves its meaning as it is. */
export function printableJson(text: string): string {
  return text.replace(DANGEROUS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const DANGEROUS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
