import { maskText } from "../../log/mask-url.js";

/** A path has at most 4096 bytes; what is longer was meant to flood a terminal, or is a file given as an argument. */
const LONG_WORD = /(\S{200})\S{3900,}/gu;

/**
 * What an error says, fit to be shown: it may quote an argument, and an argument may be an address with a password
 * in the place of something else, or have no end.
 */
export function told(text: string): string {
  return maskText(text).replace(LONG_WORD, "$1…");
}
