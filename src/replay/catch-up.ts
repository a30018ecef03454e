import type { Projection } from "../../projections/projection.js";
import { ArchivedError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { isRedaction } from "../log/redaction.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { type Folded, foldInto } from "./fold.js";
import { foldLog, SNAPSHOT_EVERY_EVENTS } from "./fold-log.js";

/** Documents as they were at one offset. */
export interface FoldedAt<D extends object> extends Folded<D> {
  readonly offset: number;
  readonly hash: string;
}

/**
 * Keeps the documents of one projection in memory and brings them up to the tail whenever they are asked for. Notices
 * when the log was cut back, by the hash at its checkpoint, and begins anew then. It does so, too, where its checkpoint was
 * archived meanwhile, and the archive is not at hand: at the state that was kept for that.
 */
export class CatchUp<D extends object> {
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  readonly #snapshotEvery: number;
  #folded: Folded<D> = { documents: new Map(), versions: new Map() };
  #checkpoint: Tail = EMPTY_TAIL;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param snapshotEvery events, while it folds; infinity takes none */
  constructor(log: EventLog, projection: Projection<D>, snapshotEvery = SNAPSHOT_EVERY_EVENTS) {
    this.#snapshotEvery = snapshotEvery;
    this.#log = log;
    this.#projection = projection;
  }

  /** True once the documents were read: from then on catching up is cheaper than reading one stream. */
  get isWarm(): boolean {
    return this.#checkpoint.offset > 0;
  }

  /** Everything that any process had appended before this call. One call at a time advances the documents. */
  current(): Promise<FoldedAt<D>> {
    const mine = this.#turn.then(() => this.#advance());
    this.#turn = mine.catch(() => undefined); // the caller of that turn gets its error; the next turn tries again
    return mine;
  }

  async #advance(): Promise<FoldedAt<D>> {
    const tail = await this.#log.tail();
    if (tail.hash !== this.#checkpoint.hash && !(await this.#continueIfThere(tail))) await this.#restart(tail);
    const { offset, hash } = this.#checkpoint;
    return { ...this.#folded, offset, hash };
  }

  /** @returns false also where the events behind the checkpoint are archived, and not at hand */
  async #continueIfThere(tail: Tail): Promise<boolean> {
    try {
      return await this.#continue(tail);
    } catch (error) {
      if (error instanceof ArchivedError) return false;
      throw error;
    }
  }

  /** @returns false where the checkpoint is not part of the log's history (any more), or there is none */
  async #continue(tail: Tail): Promise<boolean> {
    const { offset, hash } = this.#checkpoint;
    if (offset === 0 || offset > tail.offset) return false;
    let verified = false;
    for await (const event of eventsOf(this.#log.readAll({ from: offset, to: tail.offset }))) {
      if (!verified) {
        if (event.hash !== hash) return false;
        verified = true;
        continue;
      }
      // What was erased is in these documents already, so they are folded anew from what is left.
      if (isRedaction(event)) return false;
      foldInto(this.#projection, this.#folded, event);
      this.#checkpoint = tailOf(event);
    }
    return verified;
  }

  async #restart(tail: Tail): Promise<void> {
    this.#checkpoint = EMPTY_TAIL;
    const { documents, versions, checkpoint } = await foldLog(
      this.#log,
      this.#projection,
      tail.offset,
      this.#snapshotEvery,
    );
    this.#folded = { documents, versions };
    this.#checkpoint = checkpoint;
  }
}

function tailOf({ offset, hash, recordedAt }: SealedEvent): Tail {
  return { offset, hash, recordedAt };
}
