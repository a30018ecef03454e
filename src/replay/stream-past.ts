import { freeze } from "immer";
import type { Projection } from "../../projections/projection.js";
import { ArchivedError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { redactionEpoch } from "../log/redaction.js";
import { BulkFold } from "./fold.js";
import { foldedAs, foldStream, partOf, type StreamState } from "./fold-stream.js";
import { isWorthKeeping, keepPastSnapshots, readPastSnapshots } from "./stream-past-snapshots.js";
import type { StreamSnapshot } from "./stream-snapshot.js";

/** Streams of up to so many events are folded from the beginning: that costs no more than looking for a snapshot. */
export const SHORT_EVENTS = 200;

/**
 * States of one long stream at several of its versions. The first look folds it once, and keeps some states on the way, in
 * memory and in the sidecar: later ones read only what lies between the nearest of them and theirs. A kept state counts
 * while the stream has the same event at its version and nothing was erased since.
 */
export class StreamPast<D extends object> {
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  readonly #stream: string;
  readonly #last: number;
  #states: StreamSnapshot<D>[] | undefined;
  #epoch: string | null = null;

  /** @param last version of the stream at its end */
  constructor(log: EventLog, projection: Projection<D>, stream: string, last: number) {
    this.#log = log;
    this.#projection = projection;
    this.#stream = stream;
    this.#last = last;
  }

  /** After the event of a version, which the stream has; 0: before all. The document is frozen. @throws ArchivedError */
  async stateAt(version: number): Promise<StreamState<D>> {
    if (version === 0) return { document: null, version };
    const start = version <= SHORT_EVENTS ? undefined : await this.#nearest(version);
    if (start?.version !== version) return this.#foldOn(start, version);
    return { document: freeze(start.document, true), version };
  }

  async #nearest(version: number): Promise<StreamSnapshot<D> | undefined> {
    if (this.#states === undefined) {
      this.#epoch = await redactionEpoch(this.#log.sidecar); // before anything is read that is kept under it
      this.#states = await readPastSnapshots(this.#log, this.#projection, this.#stream, this.#epoch);
    }
    for (;;) {
      const found: StreamSnapshot<D> | undefined = this.#states.findLast((state) => state.version <= version);
      if (found === undefined || (await this.#fits(found))) return found;
      this.#states = this.#states.filter((state) => state !== found);
    }
  }

  async #fits({ version, hash }: StreamSnapshot<D>): Promise<boolean> {
    for await (const [event] of this.#log.readStream(this.#stream, { from: version, to: version })) {
      return event?.hash === hash;
    }
    return false;
  }

  async #foldOn(start: StreamSnapshot<D> | undefined, to: number): Promise<StreamState<D>> {
    const { id, folded } = foldedAs(this.#projection, this.#stream, start);
    const fold = new BulkFold(this.#projection, folded, true);
    const from = start?.version ?? 0;
    const found: StreamSnapshot<D>[] = [];
    for await (const page of this.#log.readStream(this.#stream, { from: from + 1, to })) {
      for (const event of page) fold.add(event);
      const { version = 0, hash = "" } = page.at(-1) ?? {};
      const place = { before: found.at(-1)?.version ?? from, last: this.#last };
      if (isWorthKeeping(version, place)) found.push({ ...partOf(fold.share(), id), hash });
    }
    if (found.length > 0) await this.#keep(found);
    return partOf(fold.finish(), id);
  }

  async #keep(found: readonly StreamSnapshot<D>[]): Promise<void> {
    const all = [...(this.#states ?? []), ...found].sort((a, b) => a.version - b.version);
    const kept: StreamSnapshot<D>[] = [];
    for (const state of all) {
      const place = { before: kept.at(-1)?.version ?? 0, last: this.#last };
      if (isWorthKeeping(state.version, place)) kept.push(state);
    }
    this.#states = kept;
    await keepPastSnapshots(this.#log, this.#projection, this.#stream, this.#epoch, kept);
  }
}

/**
 * As {@link foldStream} at an offset (inclusive), of a long stream from the nearest state that was kept.
 *
 * @throws as {@link foldStream}
 */
export async function foldStreamAt<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  toOffset: number,
): Promise<StreamState<D>> {
  try {
    const at = await log.readLast(stream, { toOffset });
    if (at !== undefined && at.version > SHORT_EVENTS) {
      const last = (await log.readLast(stream)) ?? at;
      return await new StreamPast(log, projection, stream, last.version).stateAt(at.version);
    }
  } catch (error) {
    if (!(error instanceof ArchivedError)) throw error;
  }
  return foldStream(log, projection, stream, toOffset);
}
