import { sessionStream } from "../../projections/sessions.js";
import { NotFoundError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { EventFilter } from "./event-filter.js";

/** A part of a log. */
export interface FilteredRange {
  /** The offset at which an answer is true. */
  readonly head: number;
  /** Exclusive, at most `to`. */
  readonly from: number;
  /** Inclusive, at most `head`. */
  readonly to: number;
}

/**
 * The part of the log that a filter asks for.
 *
 * @param asked the log as it was then (inclusive); absent or behind the tail: the tail
 * @throws NotFoundError SESSION_NOT_FOUND where a session of the filter has no event at `head`; TypeError where `asked` is no offset
 */
export async function filteredRange(
  log: EventLog,
  filter: EventFilter,
  asked: number | undefined,
): Promise<FilteredRange> {
  if (asked !== undefined) assertCount("head", asked, 0);
  const tail = await log.tail();
  const head = Math.min(asked ?? tail.offset, tail.offset);
  for (const id of new Set(filter.sessions)) await assertSession(log, id, head);
  const to = Math.min(filter.until ?? head, head);
  return { head, from: Math.min(filter.since ?? 0, to), to };
}

async function assertSession(log: EventLog, id: string, head: number): Promise<void> {
  for await (const _event of eventsOf(log.readStream(sessionStream(id), { to: 1, toOffset: head }))) return;
  throw new NotFoundError("SESSION_NOT_FOUND", `there is no session ${JSON.stringify(id)} at offset ${head}`, {
    hint: "run: sessiondb session list",
  });
}
