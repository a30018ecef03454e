import type { Projection } from "../../projections/projection.js";
import { archivedBase } from "../log/archives.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { BulkFold, type Folded } from "./fold.js";
import { ProjectionStopped } from "./projection-stopped.js";
import { type Snapshot, Snapshots } from "./snapshots.js";

/** So many streams ask for one state in a row when a store is read without its archive. */
const kept = new WeakMap<
  EventLog,
  Map<string, { readonly hash: string; readonly state: Folded<object> | undefined }>
>();

/**
 * Keeps the states of projections at an offset that is about to be archived up to: what a store without its archive file
 * begins with. One walk over the events for all of them.
 *
 * @throws as the sidecar, where one cannot be kept
 */
export async function keepStates(
  log: EventLog,
  projections: readonly Projection<object>[],
  { offset, hash }: { readonly offset: number; readonly hash: string },
): Promise<void> {
  const folds = await Promise.all(
    projections.map(async (projection) => {
      const snapshots = new Snapshots<object>(log, projection);
      return new BaseFold(snapshots, projection, await snapshots.nearest(offset));
    }),
  );
  const from = Math.min(...folds.map(({ after }) => after)) + 1;
  if (from <= offset) {
    for await (const page of log.readAll({ from, to: offset })) {
      for (const event of page) for (const one of folds) one.add(event);
    }
  }
  for (const { snapshots, fold, hasStopped } of folds) {
    if (!hasStopped) await snapshots.keep({ ...fold.finish(), offset, hash });
  }
}

/** One that stops at an event has no state behind it, which is told to whoever asks for it, and keeps nobody from archiving. */
class BaseFold {
  readonly snapshots: Snapshots<object>;
  readonly after: number;
  readonly fold: BulkFold<object>;
  hasStopped = false;

  constructor(snapshots: Snapshots<object>, projection: Projection<object>, start: Snapshot<object> | undefined) {
    this.snapshots = snapshots;
    this.after = start?.offset ?? 0;
    this.fold = new BulkFold(projection, start);
  }

  add(event: SealedEvent): void {
    if (this.hasStopped || event.offset <= this.after) return;
    try {
      this.fold.add(event);
    } catch (error) {
      if (!(error instanceof ProjectionStopped)) throw error;
      this.hasStopped = true;
    }
  }
}

/**
 * The state of a projection where the archives of a log end, where it is held.
 *
 * @returns undefined where nothing is archived, or the state was too large to be kept, or is lost: then the archive has it
 */
export async function stateAtBase<D extends object>(
  log: EventLog,
  projection: Projection<D>,
): Promise<{ readonly offset: number; readonly state: Folded<D> } | undefined> {
  const { offset, hash } = await archivedBase(log);
  if (offset === 0) return undefined;
  const states = kept.get(log) ?? new Map();
  kept.set(log, states);
  const key = `${projection.name}-r${projection.revision}`;
  if (states.get(key)?.hash !== hash) {
    const nearest = await new Snapshots<D>(log, projection).nearest(offset);
    states.set(key, { hash, state: nearest?.offset === offset ? nearest : undefined });
  }
  const state = states.get(key)?.state as Folded<D> | undefined;
  return state === undefined ? undefined : { offset, state };
}
