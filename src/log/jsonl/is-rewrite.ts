import { isRedaction } from "../redaction.js";
import type { Tail } from "../seal.js";
import { bisectLines } from "./bisect-lines.js";
import { findEnd } from "./file-end.js";
import type { LogFile } from "./log-file.js";
import { readPages } from "./read-events.js";

/** Whether this file is the log that ended at `known`, as a redaction since then has written it. */
export async function isRewriteOf(known: Tail, file: LogFile): Promise<boolean> {
  const { tail, wholeBytes } = await findEnd(file, file.size());
  if (known.offset === 0 || tail.offset <= known.offset) return false;
  const position = await bisectLines(file, wholeBytes, ({ offset }) => offset < known.offset);
  const span = { from: known.offset, to: tail.offset, position, end: wholeBytes, toTail: false };
  for await (const page of readPages(file, span)) {
    if (page[0]?.offset === known.offset && page[0].hash !== known.hash) return false;
    if (page.some((event) => event.offset > known.offset && isRedaction(event))) return true;
  }
  return false;
}
