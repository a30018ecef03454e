import { ArchivedError, NotFoundError } from "../errors.js";
import { archivedBase, archiveUnsupported } from "../log/archives.js";
import { assertLog } from "../log/assert-log.js";
import { assertDelivered } from "../log/copy-cursors.js";
import { lineBytes } from "../log/event-line.js";
import { type EventLog, MAX_PAGE_EVENTS } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { isTimePoint, type PointLike, pointText, resolvePoint, timeOf } from "./point.js";

/** What an archive would hold. */
export interface ArchivePlan {
  /** Offsets, both inclusive. `to` is `from - 1` where there is nothing to archive. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
  /** Hash of the event before `from`. */
  readonly before: string;
  /** What the point was taken to mean, for people. */
  readonly meaning: string;
}

/**
 * The events before a point that are not archived yet: recorded up to a time, or before the event that an offset, `HEAD~N`
 * or a mark names. It goes back to the end of an append, and the last event of the log always stays.
 *
 * @throws RefusedError ARCHIVE_UNSUPPORTED, ARCHIVE_UNDELIVERED; UsageError PERMISSION_DENIED; as resolvePoint, but for a time before the first event
 */
export async function planArchive(log: EventLog, point: PointLike, now = new Date()): Promise<ArchivePlan> {
  assertLog(log);
  if (log.archive === undefined) throw archiveUnsupported(log.url);
  const base = await archivedBase(log);
  const from = base.offset + 1;
  const { end, meaning } = await endBefore(log, pointText(point), now);
  const last = Math.min(end, (await log.tail()).offset - 1);
  const to = last < from ? base.offset : await endOfAppend(log, from, last);
  if (to >= from) await assertMayGo(log, to, now);
  return { from, to, events: to - from + 1, before: base.hash, meaning };
}

async function assertMayGo(log: EventLog, to: number, now: Date): Promise<void> {
  await log.assertArchivable?.(to);
  await assertDelivered(log, to, now);
}

/** Bytes of their lines: what they take in a JSONL log, and the measure of their size in every other. */
export async function bytesOf(log: EventLog, { from, to, events }: ArchivePlan): Promise<number> {
  let bytes = 0;
  if (events > 0) for await (const event of eventsOf(log.readAll({ from, to }))) bytes += lineBytes(event);
  return bytes;
}

async function endBefore(log: EventLog, text: string, now: Date): Promise<{ end: number; meaning: string }> {
  try {
    const { offset, meaning } = await resolvePoint(log, text, { now });
    return isTimePoint(text) ? { end: offset, meaning } : { end: offset - 1, meaning: `before ${meaning}` };
  } catch (error) {
    const isBeforeAll =
      error instanceof ArchivedError || (error instanceof NotFoundError && error.code === "POINT_OUTSIDE");
    if (!isBeforeAll || !isTimePoint(text)) throw error;
    return { end: 0, meaning: `as of ${timeOf(text, now).toISOString()}` };
  }
}

/** The last offset from `from` to `last` at which an append ends; the one before `from` where none does. */
async function endOfAppend(log: EventLog, from: number, last: number): Promise<number> {
  for (let to = last; to >= from; to -= MAX_PAGE_EVENTS) {
    let found = 0;
    for await (const event of eventsOf(log.readAll({ from: Math.max(from, to - MAX_PAGE_EVENTS + 1), to }))) {
      if (event.commit === event.offset) found = event.offset;
    }
    if (found > 0) return found;
  }
  return from - 1;
}
