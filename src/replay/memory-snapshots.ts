import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { redactionEpoch } from "../log/redaction.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { BulkFold } from "./fold.js";
import type { FoldedTo } from "./fold-log.js";
import { HeldSnapshots } from "./held-snapshots.js";

/**
 * States of a whole log at any offset, one after another, for somebody who moves back and forth in time: snapshots in
 * memory, spread over the log, which share the documents that did not change between them. The first question reads
 * the log up to its offset; later ones only what lies between the nearest snapshot and theirs.
 */
export class MemorySnapshots<D extends object> {
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  readonly #held = new HeldSnapshots<D>();
  #epoch: string | null = null;
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
    if (start === undefined) this.#held.spreadOver((await this.#log.tail()).offset);
    const fold = new BulkFold<D>(this.#projection, start, true);
    let checkpoint: Tail = start?.checkpoint ?? EMPTY_TAIL;
    if (checkpoint.offset < to) {
      for await (const page of this.#log.readAll({ from: checkpoint.offset + 1, to })) {
        for (const event of page) fold.add(event);
        const { offset, hash, recordedAt } = page.at(-1) ?? checkpoint;
        checkpoint = { offset, hash, recordedAt };
        if (this.#held.isDue(offset)) this.#held.hold({ ...fold.share(), checkpoint });
      }
    }
    return { ...fold.finish(), checkpoint };
  }

  /** @returns undefined where there is none before `to`. Those of a history that was cut back or redacted are dropped. */
  async #nearest(to: number): Promise<FoldedTo<D> | undefined> {
    const epoch = await redactionEpoch(this.#log.sidecar);
    if (epoch !== this.#epoch) this.#held.clear();
    this.#epoch = epoch;
    const nearest = this.#held.nearest(to);
    if (nearest === undefined) return undefined;
    const { offset, hash } = nearest.checkpoint;
    for await (const event of eventsOf(this.#log.readAll({ from: offset, to: offset }))) {
      if (event.hash === hash) return nearest;
    }
    this.#held.clear();
    return undefined;
  }
}
