import { setImmediate as nextTurn } from "node:timers/promises";
import type { Projection } from "../../../projections/projection.js";
import { SessionDbError } from "../../errors.js";
import { archivedBase } from "../../log/archives.js";
import type { EventLog } from "../../log/event-log.js";
import type { ChangedDocument, ModelFill, ReadModelTables } from "../../log/read-model-tables.js";
import { ProjectionStopped } from "../projection-stopped.js";
import { foldWhole, type WholeFold } from "./fold-whole.js";
import type { OnProgress } from "./model-engine.js";
import type { ModelRows } from "./model-row.js";

/** Fewer missing events are sooner caught up step by step. */
export const MIN_FILL_EVENTS = 20_000;
/** So is less than this part of the log: all of it is folded. */
const MIN_FILL_SHARE = 0.25;

/** Documents of one transaction, by number and by size: somebody's append may wait for it on SQLite. */
const MAX_PART_DOCUMENTS = 250;
const MAX_PART_CHARS = 512 * 1024;

/** About what folding takes of the whole time, for the progress that is told. */
const FOLD_SHARE = 0.8;

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

/**
 * Makes the tables of a read model out of a fold of the whole log in memory, so that each document is written once. Where
 * events of many streams take turns, a step writes about as many documents as it reads events, with all their indexes: ten
 * times as long and more.
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
   * @throws ProjectionStopped of a rebuild
   */
  async run(replaces: boolean, onProgress?: OnProgress): Promise<FillOutcome> {
    // Words that stand in events are looked up by the steps, which have the events at hand.
    if (this.#tables.beginFill === undefined || this.#rows.readsEvents) return "unfit";
    let fill: ModelFill | null = null;
    try {
      if ((await archivedBase(this.#log)).offset > 0) return "unfit"; // steps know what can be told of those
      fill = await this.#tables.beginFill(this.#rows.shape, replaces);
      if (fill === null) return "unfit";
      const outcome = await this.#fill(fill, replaces, onProgress);
      if (outcome !== "filled") await fill.abandon();
      return outcome;
    } catch (error) {
      // Where that fails, too, the tables are dropped by whoever fills the next ones.
      await fill?.abandon().catch(() => undefined);
      if (!(error instanceof SessionDbError) || (replaces && error instanceof ProjectionStopped)) throw error;
      return "unfit";
    }
  }

  async #fill(fill: ModelFill, replaces: boolean, onProgress?: OnProgress): Promise<FillOutcome> {
    const { tail } = fill;
    const told = (share: number) => onProgress?.(Math.floor(tail.offset * share), tail.offset);
    const onPage = (offset: number) => told((offset / tail.offset) * FOLD_SHARE);
    const folded = await this.#fold(tail.offset, !replaces, onPage);
    if (folded === undefined) return "unfit";
    // Cut back meanwhile, or read where not all of it is yet: there, something may not be erased yet.
    if (folded.read.hash !== tail.hash) return "over";
    let written = 0;
    for (const part of this.#parts(folded)) {
      if (!(await fill.write(part))) return "over";
      written += part.length;
      told(FOLD_SHARE + (1 - FOLD_SHARE) * (written / folded.documents.size));
      await nextTurn();
    }
    return (await fill.finish(folded.end)) ? "filled" : "over";
  }

  /** @param passes whether to stop before an event at which the projection fails: the next step finds it */
  async #fold(to: number, passes: boolean, onPage: (offset: number) => void): Promise<WholeFold<D> | undefined> {
    try {
      return await foldWhole(this.#log, this.#projection, to, onPage);
    } catch (error) {
      if (!(error instanceof ProjectionStopped) || !passes || !isWorthFilling(0, error.offset - 1)) throw error;
      return foldWhole(this.#log, this.#projection, to, onPage, error.offset);
    }
  }

  *#parts({ documents }: WholeFold<D>): Generator<ChangedDocument[], void, undefined> {
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
