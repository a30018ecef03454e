import { setImmediate as nextTurn } from "node:timers/promises";
import type { Projection } from "../../../projections/projection.js";
import { SessionDbError } from "../../errors.js";
import { archivedBase } from "../../log/archives.js";
import type { EventLog } from "../../log/event-log.js";
import type { ChangedDocument, ModelFill, ReadModelTables } from "../../log/read-model-tables.js";
import { EMPTY_TAIL } from "../../log/seal.js";
import { ProjectionStopped } from "../projection-stopped.js";
import { FillProgress } from "./fill-progress.js";
import { foldShares, MAX_WALKS, type ShareFold } from "./fold-shares.js";
import type { OnProgress } from "./model-engine.js";
import type { ModelRows } from "./model-row.js";

/** Fewer missing events are sooner caught up step by step. */
export const MIN_FILL_EVENTS = 20_000;
/** So is less than this part of the log: all of it is folded. */
const MIN_FILL_SHARE = 0.25;

/** Documents of one transaction, by number and by size: somebody's append may wait for it on SQLite. */
const MAX_PART_DOCUMENTS = 250;
const MAX_PART_CHARS = 512 * 1024;

/**
 * - `filled`: the tables are in place, and as far as could be folded
 * - `over`: something came between; another attempt may succeed
 * - `unfit`: this is nothing for it
 */
export type FillOutcome = "filled" | "over" | "unfit";

/** @param reached offset of the tables @param tail of the log */
export function isWorthFilling(reached: number, tail: number): boolean {
  const missing = tail - reached;
  return missing >= MIN_FILL_EVENTS && missing >= tail * MIN_FILL_SHARE;
}

/** Each walk reads the whole log, steps only what is missing: the less that is, the fewer walks are worth it. */
export function walksFor(reached: number, tail: number): number {
  return (MAX_WALKS * (tail - reached)) / tail;
}

/**
 * Makes the tables of a read model out of a fold of the whole log in memory, or of a few walks over it, each for a share of
 * the documents, so that each document is written once. Where events of many streams take turns, a step writes about as many
 * documents as it reads events, with all their indexes: ten times as long and more.
 *
 * It only offers: whatever fails is left to the steps, which meet it again if it lasts, and know what to do then.
 */
export class TableFill<D extends object> {
  readonly #log: EventLog;
  readonly #tables: ReadModelTables;
  readonly #projection: Projection<D>;
  readonly #rows: ModelRows<D>;

  constructor(log: EventLog, tables: ReadModelTables, projection: Projection<D>, rows: ModelRows<D>) {
    this.#log = log;
    this.#tables = tables;
    this.#projection = projection;
    this.#rows = rows;
  }

  /**
   * @param replaces true for a rebuild: the live tables are replaced however far they are, unless the projection fails
   * @param walks over the log that are worth it
   * @throws ProjectionStopped of a rebuild
   */
  async run(replaces: boolean, walks = MAX_WALKS, onProgress?: OnProgress): Promise<FillOutcome> {
    // Words that stand in events are looked up by the steps, which have the events at hand.
    if (this.#tables.beginFill === undefined || this.#rows.readsEvents) return "unfit";
    let fill: ModelFill | null = null;
    try {
      if ((await archivedBase(this.#log)).offset > 0) return "unfit"; // steps know what can be told of those
      fill = await this.#tables.beginFill(this.#rows.shape, replaces);
      if (fill === null) return "unfit";
      const outcome = await this.#fillTo(fill, replaces, walks, onProgress);
      if (outcome !== "filled") await fill.abandon();
      return outcome;
    } catch (error) {
      // Where that fails, too, the tables are dropped by whoever fills the next ones.
      await fill?.abandon().catch(() => undefined);
      if (!(error instanceof SessionDbError) || (replaces && error instanceof ProjectionStopped)) throw error;
      return "unfit";
    }
  }

  async #fillTo(
    fill: ModelFill,
    replaces: boolean,
    walks: number,
    onProgress: OnProgress | undefined,
  ): Promise<FillOutcome> {
    try {
      return await this.#fill(fill, walks, onProgress);
    } catch (error) {
      // Of a log that fails, what is before that event; the next step finds it.
      if (!(error instanceof ProjectionStopped) || replaces || !isWorthFilling(0, error.offset - 1)) throw error;
      return this.#fill(fill, walks, onProgress, error.offset);
    }
  }

  /** @param before the event at which the projection fails */
  async #fill(fill: ModelFill, walks: number, onProgress?: OnProgress, before?: number): Promise<FillOutcome> {
    const to = fill.tail.offset;
    const told = new FillProgress(to, onProgress);
    const onPage = (offset: number, size: number) => told.folded(offset, size);
    let end = EMPTY_TAIL;
    const outcome = await foldShares(this.#log, this.#projection, { to, before, walks, onPage }, async (share) => {
      end = share.end;
      // Cut back meanwhile, or read where not all of it is yet: there, something may not be erased yet.
      return share.read.hash === fill.tail.hash && this.#write(fill, share, told);
    });
    if (outcome === "unfit") return "unfit";
    return outcome === "done" && (await fill.finish(end)) ? "filled" : "over";
  }

  async #write(fill: ModelFill, share: ShareFold<D>, told: FillProgress): Promise<boolean> {
    let written = 0;
    for (const part of this.#parts(share)) {
      if (!(await fill.write(part))) return false;
      written += part.length;
      told.written(written / share.documents.size, share.size);
      await nextTurn();
    }
    told.done(share.size);
    return true;
  }

  *#parts({ documents }: ShareFold<D>): Generator<ChangedDocument[], void, undefined> {
    let part: ChangedDocument[] = [];
    let chars = 0;
    for (const [id, document] of documents) {
      const stored = this.#rows.storedOf(id, document);
      part.push(stored);
      chars += stored.body.length + stored.searchText.length;
      if (part.length < MAX_PART_DOCUMENTS && chars < MAX_PART_CHARS) continue;
      yield part;
      [part, chars] = [[], 0];
    }
    if (part.length > 0) yield part;
  }
}
