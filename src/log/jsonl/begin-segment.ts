import { linkSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.js";
import { putInPlaceLocked, writeSegmentsLocked } from "./replace-log.js";
import type { Seen } from "./seen.js";
import { entriesOf, freeNumber, segmentPath } from "./segment-entry.js";

/**
 * Closes the file of a log as a segment, and puts an empty one in its place. The caller holds the lock, and the file ends
 * with a whole append that is on the disk.
 *
 *   1. the manifest names the segment, and that the file which begins with its first offset still is the log's
 *   2. the file gets its second name
 *   3. an empty file takes over the first one, by one rename: from then on the segment is in effect
 *   4. the manifest only names it
 *
 * After a crash the file still has the lines, or the segment does; nobody finds them twice, or not at all.
 */
export async function beginSegmentLocked({ file, end, before }: Seen): Promise<void> {
  const { open, bytes } = file.segments;
  const segments = entriesOf(open);
  const from = (segments.at(-1)?.to ?? before.base.offset) + 1;
  const n = freeNumber(file.path, segments);
  segments.push({ n, from, to: end.tail.offset, bytes: end.wholeBytes - bytes });
  writeSegmentsLocked(file.path, segments, from);
  linkSync(file.path, segmentPath(file.path, n));
  syncFolder(dirname(file.path));
  await putInPlaceLocked(file, async () => undefined);
  writeSegmentsLocked(file.path, segments);
}
