import { archivedBase } from "../log/archives.js";
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
 * @throws IntegrityError CHAIN_BROKEN naming the first event that is wrong, or that is not there; those before it in its
 *   page were handed out
 */
export async function* checkedEvents(
  log: EventLog,
  after: Tail,
  to: number,
): AsyncGenerator<SealedEvent, Tail, undefined> {
  const pages = checkedPages(log, after, to);
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return step.value;
    // Not `yield*`, which takes three promises an event instead of one.
    for (const event of step.value) yield event;
  }
}

/** The same by pages: a promise an event takes as long as its hashes. No page is empty. */
export async function* checkedPages(
  log: EventLog,
  after: Tail,
  to: number,
): AsyncGenerator<readonly SealedEvent[], Tail, undefined> {
  const check = new ChainCheck(after);
  if (after.offset >= to) return after;
  // From the middle on nobody knows which version a stream had: its first event here tells.
  const versionBefore = after.offset === 0 ? () => 0 : undefined;
  for await (const page of log.readAll({ from: after.offset + 1, to })) {
    const wrong = page.findIndex((event) => check.next(event, versionBefore) !== undefined);
    if (wrong > 0) yield page.slice(0, wrong);
    if (wrong >= 0) {
      const event = page[wrong] as SealedEvent;
      throw chainBroken(check.tail.offset + 1, check.next(event, versionBefore) as string);
    }
    yield page;
  }
  const { offset } = check.tail;
  if (offset < to) throw chainBroken(offset + 1, `the log ends at ${offset}, its tail said ${to}`);
  return check.tail;
}

/**
 * The tail that the log had at this offset, as stored. 0 is before everything. Where the archives of a log end the log
 * knows it itself, so that what is behind them can be asked for without their files.
 *
 * @throws IntegrityError CHAIN_BROKEN where the event is not there; ArchivedError ARCHIVED where it lies in an archive that
 *   is not at hand
 */
export async function tailAt(log: EventLog, offset: number): Promise<Tail> {
  if (offset === 0) return EMPTY_TAIL;
  const base = await archivedBase(log);
  if (base.offset === offset) return base;
  for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) {
    return { offset, hash: event.hash, recordedAt: event.recordedAt };
  }
  throw chainBroken(offset, "it is not there");
}
