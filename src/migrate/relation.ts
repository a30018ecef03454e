import { IntegrityError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";

/**
 * How a target stands to a source. `common` is the last offset at which both have the same hash (0: none): by the chain,
 * everything up to it is the same history.
 *
 * empty: nothing in the target · prefix: the target is the beginning of the source · equal · ahead: the source is the
 * beginning of the target · diverged: both go on differently after `common`
 */
export interface Relation {
  readonly kind: "empty" | "prefix" | "equal" | "ahead" | "diverged";
  readonly common: number;
  readonly source: Tail;
  readonly target: Tail;
}

/** Compares two logs by their hashes, with a number of reads that is logarithmic in their length. Writes nothing. */
export async function relate(source: EventLog, target: EventLog): Promise<Relation> {
  assertLog(source);
  assertLog(target);
  const sourceTail = await source.tail();
  const targetTail = await target.tail();
  const common = await lastCommonOffset(source, target, Math.min(sourceTail.offset, targetTail.offset));
  return { kind: kindOf(common, sourceTail, targetTail), common, source: sourceTail, target: targetTail };
}

function kindOf(common: number, source: Tail, target: Tail): Relation["kind"] {
  if (target.offset === 0) return source.offset === 0 ? "equal" : "empty";
  if (common < Math.min(source.offset, target.offset)) return "diverged";
  if (source.offset === target.offset) return "equal";
  return source.offset > target.offset ? "prefix" : "ahead";
}

async function lastCommonOffset(source: EventLog, target: EventLog, limit: number): Promise<number> {
  // Equal hashes at n prove equality of 1..n, so "same at n" is monotonic. The end is tried first: it mostly is equal.
  if (limit === 0 || (await sameAt(source, target, limit))) return limit;
  let same = 0;
  let different = limit;
  while (different - same > 1) {
    const middle = Math.floor((same + different) / 2);
    if (await sameAt(source, target, middle)) same = middle;
    else different = middle;
  }
  return same;
}

async function sameAt(source: EventLog, target: EventLog, offset: number): Promise<boolean> {
  return (await eventAt(source, offset)).hash === (await eventAt(target, offset)).hash;
}

/** @throws IntegrityError OFFSET_MISSING where the log has no such event */
export async function eventAt(log: EventLog, offset: number): Promise<SealedEvent> {
  for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) return event;
  throw new IntegrityError("OFFSET_MISSING", `${log.url} has no event at offset ${offset}`, {
    offset,
    hint: "it was cut back meanwhile, or events are lost: look at it with sessiondb verify",
  });
}

/** The tail that the log had at `offset`. */
export async function tailAt(log: EventLog, offset: number): Promise<Tail> {
  if (offset === 0) return EMPTY_TAIL;
  const { hash, recordedAt } = await eventAt(log, offset);
  return { offset, hash, recordedAt };
}
