import type { StoredRecord } from "../../projections/session-record.js";
import { sessionStream, sessions } from "../../projections/sessions.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { recordOf } from "../replay/record-steps.js";
import { foldStreamAt } from "../replay/stream-past.js";
import { StreamStates } from "../replay/stream-states.js";

/**
 * The record of a session after `offset` (inclusive; default now); null where there was none, or it was deleted.
 *
 * @throws NotFoundError POINT_OUTSIDE where the log has no such offset; UsageError ARGUMENT_INVALID
 */
export async function stateAt(log: EventLog, id: string, offset?: number): Promise<StoredRecord | null> {
  assertLog(log);
  await assertAsOf(log, offset);
  const stream = sessionStream(id);
  const { document } = await (offset === undefined
    ? new StreamStates(log).state(sessions, stream)
    : foldStreamAt(log, sessions, stream, offset));
  return recordOf(document) ?? null;
}
