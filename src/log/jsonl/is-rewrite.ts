import { isRedaction } from "../redaction.js";
import type { Tail } from "../seal.js";
import { bisectLines } from "./bisect-lines.js";
import { findEnd } from "./file-end.js";
import { archivedBefore } from "./first-offset.js";
import type { LogFile } from "./log-file.js";
import { readPages } from "./read-events.js";

/**
 * Whether this file is the log that ended at `known` and began behind `base`, as a redaction since then has written it, or
 * an archive that was taken out of it or put back.
 */
export async function isRewriteOf(known: Tail, base: Tail, file: LogFile): Promise<boolean> {
  const size = file.size();
  const { base: newBase } = await archivedBefore(file, size);
  const { tail, wholeBytes } = await findEnd(file, size, { base: newBase });
  if (known.offset <= newBase.offset || tail.offset < known.offset) return false;
  const position = await bisectLines(file, wholeBytes, ({ offset }) => offset < known.offset);
  const span = { from: known.offset, to: tail.offset, position, end: wholeBytes, toTail: false };
  for await (const page of readPages(file, span)) {
    if (page[0]?.offset === known.offset && page[0].hash !== known.hash) return false;
    if (newBase.hash !== base.hash) return true;
    if (page.some((event) => event.offset > known.offset && isRedaction(event))) return true;
  }
  return false;
}
