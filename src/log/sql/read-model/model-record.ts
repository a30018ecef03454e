import type { ModelSide, ModelState } from "../../read-model-tables.js";
import { EMPTY_TAIL } from "../../seal.js";

/** Of tables that one process fills: the name is its own, so that no other takes them for his. */
export type FillSide = `fill-${string}`;

/** The hash of a model that is filled, whose offset counts the documents that are written. An erasure leaves another one. */
export const FILLING = "filling";

/** One row of the table read_models. */
export interface ModelRecord {
  /** shapeKey of its shape. */
  readonly model: string;
  readonly side: ModelSide | FillSide;
  readonly name: string;
  readonly revision: number;
  /** Part of the names of its tables: each rebuild has one of its own. */
  readonly generation: number;
  readonly state: ModelState;
}

/** How far its tables are: filled ones are nowhere until all of it is there. */
export function standOf({ side, state }: Pick<ModelRecord, "side" | "state">): ModelState {
  return side.startsWith("fill-") ? { offset: EMPTY_TAIL.offset, hash: EMPTY_TAIL.hash } : state;
}
