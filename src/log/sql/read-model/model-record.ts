import type { ModelSide, ModelState } from "../../read-model-tables.js";

/** One row of the table read_models. */
export interface ModelRecord {
  /** shapeKey of its shape. */
  readonly model: string;
  readonly side: ModelSide;
  readonly name: string;
  readonly revision: number;
  /** Part of the names of its tables: each rebuild has one of its own. */
  readonly generation: number;
  readonly state: ModelState;
}
