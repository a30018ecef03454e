import type { Projection } from "../../projections/projection.js";
import { ArchivedError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { redactionEpoch } from "../log/redaction.js";
import { type FoldedStream, foldPages, foldStream, type StreamState } from "./fold-stream.js";
import { readStoredState, type StoredState } from "./stored-state.js";
import { keepStreamSnapshot, readStreamSnapshot, type StreamSnapshot } from "./stream-snapshot.js";

/** Streams of up to so many events are folded each time: that costs no more than asking whether anything was erased. */
const SHORT_EVENTS = 200;
/** So many that a table does not know are folded each time; where it is further behind, what was folded is held. */
const FEW_EVENTS = 20;
/** Folding fewer than this costs less than keeping a snapshot for the next process. */
const SNAPSHOT_EVERY_EVENTS = 1_000;
/** Long streams whose state stays in memory; the one that was asked for longest ago makes room. */
const MOST_HELD = 64;

interface Held {
  /** The last redaction before it was folded. */
  readonly epoch: string | null;
  readonly state: StreamSnapshot<object>;
  /** Of the snapshot in the sidecar; 0: there is none. */
  readonly keptVersion: number;
}

/**
 * The present state of one stream after another. It comes out of the table of its projection, where that knows nearly all of
 * it. Else: of a long one only what is newer than the last look is read, and a
 * process that looks for the first time begins with a snapshot in the sidecar. A state counts while the stream has the
 * same event at its version and nothing was erased since; else the stream is folded anew.
 */
export class StreamStates {
  readonly #log: EventLog;
  /** By projection and stream, the one that was used last at the end. */
  readonly #held = new Map<string, Held>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** With everything that any process had appended to the stream before this call. The document is frozen. @throws ArchivedError */
  async state<D extends object>(projection: Projection<D>, stream: string): Promise<StreamState<D>> {
    const key = `${projection.name}-r${projection.revision} ${stream}`;
    const soon = this.#held.has(key) ? undefined : await this.#withoutHolding(projection, stream);
    if (soon !== undefined) return soon;
    const epoch = await redactionEpoch(this.#log.sidecar); // before anything is read that is held under it
    const start = await this.#startOf(key, projection, stream, epoch);
    const fromStart = start && (await this.#foldOn(projection, stream, start.state as StreamSnapshot<D>));
    const { document, version, hash } = fromStart ?? (await foldStream(this.#log, projection, stream));
    this.#held.delete(key);
    if (hash !== null) {
      const held = {
        epoch,
        state: { document, version, hash },
        keptVersion: fromStart ? (start?.keptVersion ?? 0) : 0,
      };
      this.#hold(key, await this.#kept(projection, stream, held));
    }
    return { document, version };
  }

  /** @returns undefined where the stream is long and no table knows nearly all of it */
  async #withoutHolding<D extends object>(
    projection: Projection<D>,
    stream: string,
  ): Promise<StreamState<D> | undefined> {
    const stored = await readStoredState(this.#log, projection, stream);
    if (stored === undefined) return this.#foldShort(projection, stream);
    return stored.folded > FEW_EVENTS ? undefined : { document: stored.document, version: stored.version };
  }

  /** @returns undefined where the stream is longer, or its beginning is archived */
  async #foldShort<D extends object>(projection: Projection<D>, stream: string): Promise<StreamState<D> | undefined> {
    try {
      const pages = this.#log.readStream(stream, { to: SHORT_EVENTS + 1 });
      const { document, version } = await foldPages(projection, stream, pages);
      return version > SHORT_EVENTS ? undefined : { document, version };
    } catch (error) {
      if (error instanceof ArchivedError) return undefined;
      throw error;
    }
  }

  async #startOf<D extends object>(
    key: string,
    projection: Projection<D>,
    stream: string,
    epoch: string | null,
  ): Promise<Held | undefined> {
    const held = this.#held.get(key);
    if (held?.epoch === epoch) return held;
    const stored = await readStoredState(this.#log, projection, stream);
    const state = isPlaced(stored) ? stored : await readStreamSnapshot(this.#log, projection, stream, epoch);
    return state && { epoch, state, keptVersion: state.version };
  }

  /** @returns undefined where the stream does not have that event (any more) */
  async #foldOn<D extends object>(
    projection: Projection<D>,
    stream: string,
    start: StreamSnapshot<D>,
  ): Promise<FoldedStream<D> | undefined> {
    const log = this.#log;
    let isSame = false;
    async function* newer() {
      for await (const page of log.readStream(stream, { from: start.version })) {
        if (!isSame && page[0]?.hash !== start.hash) return;
        yield isSame ? page : page.slice(1);
        isSame = true;
      }
    }
    try {
      const state = await foldPages(projection, stream, newer(), start);
      return isSame ? { ...state, hash: state.hash ?? start.hash } : undefined;
    } catch (error) {
      if (error instanceof ArchivedError) return undefined;
      throw error;
    }
  }

  async #kept<D extends object>(projection: Projection<D>, stream: string, held: Held): Promise<Held> {
    const { epoch, state, keptVersion } = held;
    if (state.version - keptVersion < SNAPSHOT_EVERY_EVENTS) return held;
    await keepStreamSnapshot(this.#log, projection, stream, epoch, state as StreamSnapshot<D>);
    return { ...held, keptVersion: state.version };
  }

  #hold(key: string, held: Held): void {
    this.#held.set(key, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest);
  }
}

/** Whether it names its last event. */
function isPlaced<D extends object>(state: StoredState<D> | undefined): state is StoredState<D> & StreamSnapshot<D> {
  return state !== undefined && state.hash !== null;
}
