import type { SealedEvent } from "../log/event.js";
import { ExtendedPart } from "../log/extended-part.js";
import type { PreparedEvent } from "../log/prepare.js";
import type { SealOutcome } from "../log/seal.js";
import type { CopiedPart } from "./copied-part.js";
import type { QueuedAppend } from "./queued-append.js";

/**
 * The log as this machine knows it: the copied part of the server's log, and behind it what waits in the outbox, sealed
 * here. Offsets, versions, times and hashes behind the copied part are provisional.
 */
export class LocalView extends ExtendedPart {
  readonly copied: CopiedPart;
  readonly #queue: QueuedAppend[] = [];

  constructor(copied: CopiedPart) {
    super(copied);
    this.copied = copied;
  }

  /** The appends that wait, also those whose events turned out to be in the copy already. */
  get queue(): readonly QueuedAppend[] {
    return this.#queue;
  }

  /** Numbers what waits, behind what did before. Expectations were checked when it was queued, and are again by the server. */
  async extend(appends: readonly QueuedAppend[]): Promise<void> {
    const repeatable = appends.filter(({ note }) => note.unsure || !note.madeIds).flatMap(({ events }) => events);
    const found = await this.look(
      appends.flatMap(({ events }) => events),
      repeatable,
    );
    for (const append of appends) this.#seal(append, found);
  }

  /** What a log that is as this view would answer to a group of appends. Nothing is written. */
  async outcomes(group: readonly (readonly PreparedEvent[])[], now: Date): Promise<readonly SealOutcome[]> {
    return (await this.trySeal(group, now)).outcomes;
  }

  #seal({ events, queuedAt, ...append }: QueuedAppend, found: ReadonlyMap<string, SealedEvent>): void {
    const free = events.map((event) => ({ ...event, expectedVersion: undefined }));
    this.#queue.push({ events, queuedAt, ...append });
    this.add(this.seal([free], found, new Date(queuedAt)));
  }
}
