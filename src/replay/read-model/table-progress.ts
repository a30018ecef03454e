import { setImmediate as nextTurn } from "node:timers/promises";
import type { Projection } from "../../../projections/projection.js";
import { UnavailableError } from "../../errors.js";
import type { EventLog } from "../../log/event-log.js";
import type { ModelSide, ModelState, PageFold, ReadModelTables } from "../../log/read-model-tables.js";
import type { OnProgress } from "./model-engine.js";
import type { ModelRows } from "./model-row.js";
import { isWorthFilling, TableFill, walksFor } from "./table-fill.js";

/** Steps that find no event where there should be one: others cut the log back meanwhile. */
const MAX_STALLS = 10;
/** What came between a fill may come between the next one, too; steps get further each time. */
const MAX_FILLS = 3;

/** Brings tables to the tail: where most of a long log is missing, out of one fold of it; else, and from there, step by step. */
export class TableProgress<D extends object> {
  readonly #log: EventLog;
  readonly #tables: ReadModelTables;
  readonly #rows: ModelRows<D>;
  readonly #fold: PageFold;
  readonly #fill: TableFill<D>;

  constructor(log: EventLog, tables: ReadModelTables, projection: Projection<D>, rows: ModelRows<D>, fold: PageFold) {
    this.#log = log;
    this.#tables = tables;
    this.#rows = rows;
    this.#fold = fold;
    this.#fill = new TableFill(log, tables, projection, rows);
  }

  /**
   * @param offset of the tail; where the log is cut back behind it meanwhile, its end
   * @returns null where this user may only read @throws UnavailableError READ_MODEL_BUSY
   */
  catchUp(offset: number): Promise<ModelState | null> {
    return this.#advanceTo(offset, "live");
  }

  /**
   * Makes all documents anew, while the old ones answer. Where the projection fails, these stay.
   *
   * @returns what steps have reached, if these were taken
   * @throws ProjectionStopped, UnavailableError READ_MODEL_BUSY, and where this user may only read
   */
  async rebuild(onProgress?: OnProgress): Promise<ModelState | null> {
    const { offset } = await this.#log.tail();
    for (let fills = 0; isWorthFilling(0, offset) && fills < MAX_FILLS; fills++) {
      const outcome = await this.#fill.run(true, undefined, onProgress);
      if (outcome === "filled") return null;
      if (outcome === "unfit") break;
    }
    await this.#tables.beginRebuild(this.#rows.shape);
    const state = await this.#advanceTo(offset, "beside", onProgress);
    if (state?.fault === undefined) await this.#tables.finishRebuild(this.#rows.shape);
    return state;
  }

  async #advanceTo(offset: number, side: ModelSide, onProgress?: OnProgress): Promise<ModelState | null> {
    let target = offset;
    let before = -1;
    let stalls = 0;
    let fills = 0;
    for (;;) {
      const state = await this.#tables.advance(this.#rows.shape, this.#fold, side);
      if (state === null || state.fault !== undefined || state.isOver || state.offset >= target) return state;
      onProgress?.(state.offset, target);
      // Each step is done at once; the rest of the program gets a turn between two of them.
      await nextTurn();
      // The step has made the tables, and has found that this user may write there.
      if (side === "live" && fills < MAX_FILLS && isWorthFilling(state.offset, target)) {
        const outcome = await this.#fill.run(false, walksFor(state.offset, target));
        fills = outcome === "unfit" ? MAX_FILLS : fills + 1;
        continue;
      }
      if (state.offset === before) {
        // It gets no further than the end of a log that was cut back meanwhile.
        target = Math.min(target, (await this.#log.tail()).offset);
        if (state.offset < target && ++stalls === MAX_STALLS) throw readModelBusy(this.#rows.shape.name);
      }
      before = state.offset;
    }
  }
}

export function readModelBusy(name: string): UnavailableError {
  return new UnavailableError("READ_MODEL_BUSY", `the read model ${name} is changed all the time`, {
    hint: "try again; if it stays so, look for a program that cuts the log back or rebuilds its read models",
  });
}
