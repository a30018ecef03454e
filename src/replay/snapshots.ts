import type { Projection } from "../../projections/projection.js";
import { archivedBase } from "../log/archives.js";
import type { EventLog } from "../log/event-log.js";
import { isBegun, redactionEpoch } from "../log/redaction.js";
import { textBehindDigest, withDigest } from "./digested-text.js";
import type { Folded } from "./fold.js";
import { hashAt } from "./hash-at.js";

/** Kept for each projection and revision; more are thinned out, so that they stay spread over the log. */
export const MAX_SNAPSHOTS = 16;
/** Large ones are fewer, so that they take no more than this together, as far as two can. */
const MAX_ALL_CHARS = 256 * 1024 * 1024;
/** A state that is larger than this is folded anew each time. */
export const MAX_SNAPSHOT_CHARS = 64 * 1024 * 1024;

const FORMAT = 1;
const OFFSET_DIGITS = 16;

export interface Snapshot<D extends object> extends Folded<D> {
  /** The last event that is in it, and that event's hash. */
  readonly offset: number;
  readonly hash: string;
}

/**
 * States of a projection as they were at some offsets, in the log's sidecar. They are caches: one that does not fit the
 * log (another hash at its offset), has another revision, is not the text that was kept or cannot be read is passed over, and
 * nothing depends on them but what can be read of an archived log while its archive is not at hand.
 */
export class Snapshots<D extends object> {
  readonly #log: EventLog;
  readonly #name: string;
  /** The last redaction when the folding began. States from before one may hold what was erased: nobody looks there. */
  #epoch: string | null = null;

  constructor(log: EventLog, { name, revision }: Projection<D>) {
    this.#log = log;
    this.#name = `snapshots/${name}-r${revision}`;
  }

  /** To be called before the first event is read of a state that is to be kept; `nearest` does it, too. */
  async begin(): Promise<void> {
    this.#epoch = await redactionEpoch(this.#log.sidecar);
  }

  /** The nearest one at or before `offset` that fits the log; its documents are the caller's own. */
  async nearest(offset: number): Promise<Snapshot<D> | undefined> {
    await this.begin();
    const names = (await this.#names()).filter((name) => this.#offsetOf(name) <= offset);
    for (const name of names.reverse()) {
      const snapshot = parse<D>(await this.#text(name));
      if (snapshot?.offset === this.#offsetOf(name) && (await this.#fits(snapshot))) return snapshot;
    }
    return undefined;
  }

  /** Keeps a state as a cache. Who may only read the log, or has a full disk, goes on without: the state is right all the same. */
  async take(snapshot: Snapshot<D>): Promise<void> {
    await this.keep(snapshot).catch(() => undefined);
  }

  /** Keeps a state; of one that is too large, or while data is being erased, nothing. @throws as the sidecar: then it is not kept */
  async keep(snapshot: Snapshot<D>): Promise<void> {
    const text = isBegun(this.#epoch) ? undefined : textOf(snapshot);
    if (text === undefined) return;
    const name = `${this.#prefix}${String(snapshot.offset).padStart(OFFSET_DIGITS, "0")}`;
    await this.#log.sidecar.write(name, text);
    // Somebody has erased data meanwhile, and may have looked for snapshots before this one was there.
    if ((await redactionEpoch(this.#log.sidecar)) !== this.#epoch) await this.#log.sidecar.remove(name);
    await this.#thinOut(Math.min(MAX_SNAPSHOTS, Math.max(2, Math.floor(MAX_ALL_CHARS / text.length))));
  }

  /** Removes all but the one at `offset`, and the one that the store begins with where it is archived. */
  async keepOnly(offset: number): Promise<void> {
    const base = await archivedBase(this.#log);
    for (const name of await this.#names()) {
      if (![offset, base.offset].includes(this.#offsetOf(name))) await this.#log.sidecar.remove(name);
    }
  }

  async #thinOut(most: number): Promise<void> {
    // Without its archive, a store begins with the state where the archive ends: that one is not only a cache.
    const base = await archivedBase(this.#log);
    const names = (await this.#names()).filter((name) => this.#offsetOf(name) !== base.offset);
    while (names.length > most) {
      const offsets = [0, ...names.map((name) => this.#offsetOf(name))];
      // The one whose neighbours are nearest to each other is missed least. The last one always stays.
      const gaps = names.slice(0, -1).map((_, i) => (offsets[i + 2] as number) - (offsets[i] as number));
      const [removed] = names.splice(gaps.indexOf(Math.min(...gaps)), 1);
      await this.#log.sidecar.remove(removed as string);
    }
  }

  /**
   * @returns undefined where it is not what was kept. Those of older versions have no digest: they count only where a store
   *   begins with them while its archive is not at hand, for nothing else has that state.
   */
  async #text(name: string): Promise<string | undefined> {
    const kept = await this.#log.sidecar.read(name);
    const text = textBehindDigest(kept);
    if (text !== undefined) return text;
    return this.#offsetOf(name) === (await archivedBase(this.#log)).offset ? (kept ?? undefined) : undefined;
  }

  async #fits({ offset, hash }: Snapshot<D>): Promise<boolean> {
    return (await hashAt(this.#log, offset)) === hash;
  }

  get #prefix(): string {
    return this.#epoch === null ? `${this.#name}/` : `${this.#name}-after-${this.#epoch}/`;
  }

  #names(): Promise<string[]> {
    return this.#log.sidecar.list(this.#prefix);
  }

  #offsetOf(name: string): number {
    return Number(name.slice(this.#prefix.length));
  }
}

/** @returns undefined where it is too large */
function textOf({ offset, hash, documents, versions }: Snapshot<object>): string | undefined {
  let text: string;
  try {
    const state = { format: FORMAT, offset, hash, documents: [...documents], versions: [...versions] };
    text = withDigest(JSON.stringify(state));
  } catch (error) {
    if (error instanceof RangeError) return undefined; // no text can be that long
    throw error;
  }
  return text.length > MAX_SNAPSHOT_CHARS ? undefined : text;
}

/** @returns undefined for a text that is no snapshot of this format */
function parse<D extends object>(text: string | undefined): Snapshot<D> | undefined {
  try {
    const { format, offset, hash, documents, versions } = JSON.parse(text ?? "null");
    if (format !== FORMAT) return undefined;
    return { offset, hash, documents: new Map(documents), versions: new Map(versions) };
  } catch {
    return undefined; // half a file, or somebody else's: it is only a cache
  }
}
