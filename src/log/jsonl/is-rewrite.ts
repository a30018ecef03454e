import { isRedaction } from "../redaction.js";
import type { Tail } from "../seal.js";
import { bisectLines } from "./bisect-lines.js";
import { findEnd } from "./file-end.js";
import { archivedBefore } from "./first-offset.js";
import type { LogFile } from "./log-file.js";
import { checkManifest } from "./manifest.js";
import { readPages } from "./read-events.js";

/**
 * Whether this file is the log that ended at `known`, as a redaction since then has written it; or, where archives are taken
 * out of the log and put back, whether it has that event, or says that it was archived.
 */
export async function isRewriteOf(known: Tail, file: LogFile): Promise<boolean> {
  const size = file.size();
  const { base } = await archivedBefore(file, size);
  const { tail, wholeBytes } = await findEnd(file, size, { base });
  const mayBeArchived = checkManifest(file.path)?.rewritten === true;
  if (known.offset === 0 || tail.offset < known.offset) return false;
  if (known.offset < base.offset) return mayBeArchived;
  if (known.offset === base.offset) return mayBeArchived && known.hash === base.hash;
  const position = await bisectLines(file, wholeBytes, ({ offset }) => offset < known.offset);
  const span = { from: known.offset, to: tail.offset, position, end: wholeBytes, toTail: false };
  for await (const page of readPages(file, span)) {
    if (page[0]?.offset === known.offset && page[0].hash !== known.hash) return false;
    if (mayBeArchived || page.some((event) => event.offset > known.offset && isRedaction(event))) return true;
  }
  return false;
}
