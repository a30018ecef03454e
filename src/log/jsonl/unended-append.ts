import { ChainCheck } from "../chain-check.js";
import { decodeLine } from "../event-line.js";
import { NEWLINE } from "./line-bytes.js";
import type { Seen } from "./seen.js";

/** More than one append can be. */
const MAX_APPEND_BYTES = 256 * 1024 * 1024;
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * What stands behind the last whole append may lack nothing but the newline of its last line: an editor has taken it off, or
 * a crash came one byte too early. The hashes prove that all of it is there. It may have been acknowledged, so it is kept.
 *
 * @returns the offset of its last event; undefined where it is anything else
 */
export async function unendedAppend({ file, end, before, tornBytes }: Seen): Promise<number | undefined> {
  if (tornBytes <= 0 || tornBytes > MAX_APPEND_BYTES) return undefined;
  const bytes = await file.read(end.wholeBytes, tornBytes);
  if (bytes.at(-1) === NEWLINE) return undefined;
  return lastOffsetOf(bytes, new ChainCheck(end.wholeBytes === 0 ? before.base : end.tail));
}

function lastOffsetOf(bytes: Buffer, chain: ChainCheck): number | undefined {
  try {
    const events = STRICT_UTF8.decode(bytes)
      .split("\n")
      .map((line) => decodeLine(line));
    const last = events.at(-1)?.offset;
    return events.every((event) => chain.next(event) === undefined && event.commit === last) ? last : undefined;
  } catch {
    return undefined; // half a line, or no line of ours: it is torn
  }
}
