import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { BulkFold } from "./fold.js";
import type { FoldedTo } from "./fold-log.js";

/** Nearer together they would cost more than the events between them. */
const MIN_SPACING_EVENTS = 2_000;
/** Documents that the snapshots hold in all, those that are equal counted once. Sessions take about 1.3 KB each. */
const MAX_HELD_DOCUMENTS = 400_000;
const MAX_SNAPSHOTS = 64;

interface HeldSnapshot<D extends object> extends FoldedTo<D> {
  /** Documents that the one before it holds otherwise. */
  readonly own: number;
}

/**
 * States of a whole log at any offset, one after another, for somebody who moves back and forth in time: snapshots in
 * memory, spread over the log, which share the documents that did not change between them. The first question reads
 * the log up to its offset; later ones only what lies between the nearest snapshot and theirs.
 */
export class MemorySnapshots<D extends object> {
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  #held: HeldSnapshot<D>[] = [];
  #spacing = MIN_SPACING_EVENTS;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(log: EventLog, projection: Projection<D>) {
    this.#log = log;
    this.#projection = projection;
  }

  /** The documents after `to` (inclusive). They are frozen; the maps are the caller's own. */
  stateAt(to: number): Promise<FoldedTo<D>> {
    const mine = this.#turn.then(() => this.#foldTo(to));
    this.#turn = mine.catch(() => undefined); // its caller gets the error; the next one tries again
    return mine;
  }

  async #foldTo(to: number): Promise<FoldedTo<D>> {
    const start = await this.#nearest(to);
    if (start === undefined) await this.#spread();
    const fold = new BulkFold<D>(this.#projection, start, true);
    let checkpoint: Tail = start?.checkpoint ?? EMPTY_TAIL;
    const touched = new Set<string>();
    if (checkpoint.offset < to) {
      for await (const page of this.#log.readAll({ from: checkpoint.offset + 1, to })) {
        for (const event of page) {
          fold.add(event);
          touched.add(event.stream);
        }
        const { offset, hash, recordedAt } = page.at(-1) ?? checkpoint;
        checkpoint = { offset, hash, recordedAt };
        if (offset - (this.#held.at(-1)?.checkpoint.offset ?? 0) < this.#spacing) continue;
        this.#hold({ ...fold.share(), checkpoint, own: touched.size });
        touched.clear();
      }
    }
    return { ...fold.finish(), checkpoint };
  }

  /** Over the log as it is now; where it grows, #hold widens the spacing. */
  async #spread(): Promise<void> {
    const { offset } = await this.#log.tail();
    this.#spacing = Math.max(MIN_SPACING_EVENTS, this.#spacing, Math.ceil(offset / MAX_SNAPSHOTS));
  }

  #hold(snapshot: HeldSnapshot<D>): void {
    this.#held.push(snapshot);
    const documents = this.#held.reduce((sum, { own }) => sum + own, 0);
    if (this.#held.length <= MAX_SNAPSHOTS && documents <= MAX_HELD_DOCUMENTS) return;
    // Every other one makes room, and from now on they are twice as far apart.
    this.#held = this.#held.filter((_, i) => i % 2 === 1);
    this.#spacing *= 2;
  }

  /** @returns undefined where there is none before `to`. Those of a history that was cut back are dropped. */
  async #nearest(to: number): Promise<HeldSnapshot<D> | undefined> {
    const nearest = this.#held.findLast(({ checkpoint }) => checkpoint.offset <= to);
    if (nearest === undefined) return undefined;
    const { offset, hash } = nearest.checkpoint;
    for await (const event of eventsOf(this.#log.readAll({ from: offset, to: offset }))) {
      if (event.hash === hash) return nearest;
    }
    this.#held = [];
    return undefined;
  }
}
