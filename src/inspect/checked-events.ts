import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";

/**
 * The events after `after` up to offset `to` (inclusive), each handed out once its place, version, time and hash were
 * recomputed. What is before `after` is not looked at: its hash is where the chain begins.
 *
 * Memory grows with the number of streams, not of events.
 *
 * @returns the tail that was reached: `to`, always
 * @throws IntegrityError CHAIN_BROKEN naming the first event that is wrong, or that is not there
 */
export async function* checkedEvents(
  log: EventLog,
  after: Tail,
  to: number,
): AsyncGenerator<SealedEvent, Tail, undefined> {
  const check = new ChainCheck(after);
  if (after.offset >= to) return after;
  // From the middle on nobody knows which version a stream had: its first event here tells.
  const versionBefore = after.offset === 0 ? () => 0 : undefined;
  for await (const event of eventsOf(log.readAll({ from: after.offset + 1, to }))) {
    const fault = check.next(event, versionBefore);
    if (fault !== undefined) throw chainBroken(check.tail.offset + 1, fault);
    yield event;
  }
  const { offset } = check.tail;
  if (offset < to) throw chainBroken(offset + 1, `the log ends at ${offset}, its tail said ${to}`);
  return check.tail;
}

/** The tail that the log had at this offset, as stored. 0 is before everything. @throws IntegrityError CHAIN_BROKEN */
export async function tailAt(log: EventLog, offset: number): Promise<Tail> {
  if (offset === 0) return EMPTY_TAIL;
  for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) {
    return { offset, hash: event.hash, recordedAt: event.recordedAt };
  }
  throw chainBroken(offset, "it is not there");
}
