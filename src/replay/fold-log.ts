import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { BulkFold, type Folded } from "./fold.js";
import { MAX_SNAPSHOTS, Snapshots } from "./snapshots.js";

/** Folding fewer events than this costs less than keeping a snapshot. */
export const SNAPSHOT_EVERY_EVENTS = 5_000;

export interface FoldedTo<D extends object> extends Folded<D> {
  /** The last event that was folded. */
  readonly checkpoint: Tail;
}

/**
 * The documents as they were after `to` (inclusive), from the nearest snapshot and the events since. Takes snapshots as
 * it goes, evenly spread, so that the next one who asks for this log, now or as of a point, folds only a part of it.
 */
export async function foldLog<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  to: number,
  everyEvents = SNAPSHOT_EVERY_EVENTS,
): Promise<FoldedTo<D>> {
  const snapshots = new Snapshots<D>(log, projection);
  const start = await snapshots.nearest(to);
  const fold = new BulkFold(projection, start);
  const every = Math.max(everyEvents, Math.ceil(to / MAX_SNAPSHOTS));
  let taken = start?.offset ?? 0;
  let checkpoint: Tail = start === undefined ? EMPTY_TAIL : { offset: start.offset, hash: start.hash, recordedAt: "" };
  for await (const page of log.readAll({ from: taken + 1, to })) {
    for (const event of page) fold.add(event);
    const { offset, hash, recordedAt } = page.at(-1) ?? checkpoint;
    checkpoint = { offset, hash, recordedAt };
    if (offset - taken < every && !(offset === to && offset - taken >= everyEvents)) continue;
    await snapshots.take({ ...fold.folded, offset, hash });
    taken = offset;
  }
  return { ...fold.finish(), checkpoint };
}

/**
 * The documents after `to` (inclusive), folded from the first event: no snapshot is read, and none is taken.
 */
export async function foldFresh<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  to: number,
  onProgress?: (offset: number, of: number) => void,
): Promise<FoldedTo<D>> {
  const fold = new BulkFold(projection);
  let checkpoint: Tail = EMPTY_TAIL;
  if (to > 0) {
    for await (const page of log.readAll({ to })) {
      for (const event of page) fold.add(event);
      const { offset, hash, recordedAt } = page.at(-1) ?? checkpoint;
      checkpoint = { offset, hash, recordedAt };
      onProgress?.(offset, to);
    }
  }
  return { ...fold.finish(), checkpoint };
}
