import { sha256Hex } from "../log/hash-chain.js";

/** Bytes; what stands around it in the name of a file needs some, too. */
const MAX_BYTES = 200;

/**
 * A name of one file for an id of any kind: letters, digits, `.`, `-` and `_` as they are, all else as `%2F`, also a dot at
 * the beginning. A long one is cut and told apart by its hash. The file itself says the id.
 */
export function fileName(id: string): string {
  return shortName(id, (char, i) => IN_NAMES.test(char) || (char === "." && i > 0));
}

/** The same without any dot, for what stands before an extension. */
export function fileStem(id: string): string {
  return shortName(id, (char) => IN_NAMES.test(char));
}

const IN_NAMES = /[A-Za-z0-9_-]/;

function shortName(id: string, stays: (char: string, i: number) => boolean): string {
  const escaped = [...Buffer.from(id)]
    .map((byte) => String.fromCharCode(byte))
    .map((char, i) => (stays(char, i) ? char : escapedByte(char)))
    .join("");
  return escaped.length <= MAX_BYTES ? escaped : `${escaped.slice(0, MAX_BYTES - 17)}-${sha256Hex(id).slice(0, 16)}`;
}

function escapedByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
