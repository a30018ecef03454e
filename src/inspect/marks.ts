import type { Mark } from "../../projections/marks.js";
import { IntegrityError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { hashAt } from "../replay/hash-at.js";
import { assertMarkName, markOf, readMarks } from "../replay/read-marks.js";

/** The marks of a log in the order in which they were set, now or as they were after `asOf` (inclusive). @throws NotFoundError POINT_OUTSIDE */
export async function listMarks(log: EventLog, { asOf }: { readonly asOf?: number } = {}): Promise<readonly Mark[]> {
  assertLog(log);
  return (await readMarks(log, asOf)).marks;
}

/**
 * The offset that a mark names.
 *
 * @throws UsageError MARK_NAME_INVALID; NotFoundError MARK_NOT_FOUND
 * @throws IntegrityError MARK_MISMATCH another event, or none, is where the mark was set
 */
export async function offsetOfMark(log: EventLog, name: string): Promise<number> {
  assertMarkName(name);
  const { offset, hash, setOffset } = markOf(await readMarks(log), name);
  if ((await hashAt(log, offset)) === hash) return offset;
  const message = `the mark ${name} was set at an event that is no longer at offset ${offset}`;
  throw new IntegrityError("MARK_MISMATCH", message, {
    offset,
    hint: `the log was cut back or edited; run: sessiondb verify, and see: sessiondb events show ${setOffset}`,
  });
}
