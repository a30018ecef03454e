import { IntegrityError } from "../../errors.js";
import { ArchivedPart } from "./archived-part.js";
import { firstOffsetOf, HEAD_BYTES } from "./first-line.js";
import type { LogFile } from "./log-file.js";
import { checkManifest } from "./manifest.js";

/**
 * What lies before the first line of a log: nothing, if it has offset 1. Otherwise the manifest must name archives up to
 * there. Those that it names beyond are of a rewrite that did not come to its end.
 *
 * @param size of the file
 * @throws IntegrityError EVENTS_MISSING
 */
export async function archivedBefore(file: LogFile, size: number): Promise<ArchivedPart> {
  const head = (await file.read(0, Math.min(size, HEAD_BYTES))).toString("latin1");
  const first = firstOffsetOf(head) ?? 1;
  if (first === 1) return new ArchivedPart(file.path, []);
  const entries = (checkManifest(file.path)?.archives ?? []).filter(({ to }) => to < first);
  if (entries.at(-1)?.to === first - 1) return new ArchivedPart(file.path, entries);
  throw new IntegrityError(
    "EVENTS_MISSING",
    `it begins with offset ${first}, and its manifest names no archive of those before`,
    {
      offset: 1,
      line: 1,
      byte: 0,
      hint: "take the manifest from a backup, or the whole log",
    },
  );
}
