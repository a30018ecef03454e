import { INVISIBLE, jsonEscape } from "../../log/invisible.js";

/**
 * Makes stored text harmless on a terminal: control characters, C1 codes, bidirectional overrides, line separators and
 * what shows nothing become visible as `\u{…}`. Text comes from foreign files and agents and must never move the cursor,
 * hide a word or look like another.
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
  return text.replace(DANGEROUS, jsonEscape);
}

const DANGEROUS = new RegExp(`[\\u0000-\\u001f\\u007f-\\u009f${INVISIBLE}]`, "gu");
