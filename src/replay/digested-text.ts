import { sha256Hex } from "../log/hash-chain.js";

/**
 * A text that is kept in a sidecar, as its reader has to trust it: the SHA-256 of the text in hex, a newline, the text.
 * The chain of hashes sees to the log only; a state with a changed letter would be told as the truth.
 */
export function withDigest(text: string): string {
  return `${sha256Hex(text)}\n${text}`;
}

const DIGEST_CHARS = 65;

/** @returns undefined where the text is not what was kept, or was kept without a digest */
export function textBehindDigest(kept: string | null): string | undefined {
  const text = (kept ?? "").slice(DIGEST_CHARS);
  return kept?.slice(0, DIGEST_CHARS) === `${sha256Hex(text)}\n` ? text : undefined;
}
