import { NotFoundError, UsageError } from "../errors.js";
import { isWhole } from "../log/check-bounds.js";
import type { EventLog } from "../log/event-log.js";

/**
 * That a log has this place: an offset from 0, which is before everything, to its tail. A state behind the tail would be
 * that of the tail under another name.
 *
 * @param text as it was asked for
 * @throws NotFoundError POINT_OUTSIDE; UsageError ARGUMENT_INVALID what is no whole number
 */
export async function assertOffsetIn(log: EventLog, offset: number, text = String(offset)): Promise<void> {
  if (!isWhole(offset)) {
    throw new UsageError("ARGUMENT_INVALID", `an offset is a whole number, not ${text}`, {
      hint: "offsets count from 1; offset 0 is before everything",
    });
  }
  const tail = await log.tail();
  if (offset >= 0 && offset <= tail.offset) return;
  const extent = tail.offset === 0 ? "which is empty" : `which has offsets 1 to ${tail.offset}`;
  throw new NotFoundError("POINT_OUTSIDE", `${text} is outside the log, ${extent}`, {
    hint: "HEAD names the last event",
  });
}

/** The same of an offset that may be left out, which means now: every log has that. @throws as {@link assertOffsetIn} */
export async function assertAsOf(log: EventLog, asOf: number | undefined): Promise<void> {
  if (asOf !== undefined) await assertOffsetIn(log, asOf);
}
