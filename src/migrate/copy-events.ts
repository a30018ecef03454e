import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { type BatchOptions, copyBatches } from "./copy-batches.js";
import { RawCopy, type RawSource, type RawTarget } from "./raw-copy.js";

/**
 * Copies what stands in `source` behind `start`, the target's tail, up to `to` (inclusive, the end of an append), in
 * batches as copyBatches does. Where the source tells rows as text and the target takes them, no event is looked at on the
 * way; so whoever calls this has verified the source before, and verifies the target afterwards.
 *
 * @throws as copyBatches
 */
export async function copyEvents(
  source: EventLog,
  target: EventLog,
  start: Tail,
  to: number,
  options: BatchOptions = {},
): Promise<Tail> {
  if (tellsRaw(source) && takesRaw(target)) return new RawCopy(source, target, start, options).upTo(to);
  return copyBatches(source.readAll({ from: start.offset + 1, to }), target, start, options);
}

/** Whether the target's server does nearly all of the work, so that there is time for other things meanwhile. */
export function copiesRaw(source: EventLog, target: EventLog): boolean {
  return tellsRaw(source) && takesRaw(target);
}

function tellsRaw(log: EventLog): log is RawSource {
  return log.readRaw !== undefined;
}

function takesRaw(log: EventLog): log is RawTarget {
  return log.appendRaw !== undefined;
}
