import type Database from "better-sqlite3";
import { type ReadModelShape, shapeKey } from "../../../../query/shape.js";
import type { Fault, ModelState } from "../../../read-model-tables.js";
import { EMPTY_TAIL } from "../../../seal.js";
import type { ModelRecord } from "../../read-model/model-record.js";

interface Row {
  readonly model: string;
  readonly side: ModelRecord["side"];
  readonly name: string;
  readonly revision: number;
  readonly generation: number;
  readonly offset: number;
  readonly hash: string;
  readonly fault_offset: number | null;
  readonly fault_why: string | null;
}

/** The table read_models: how far each read model is. */
export class SqliteModelRegister {
  readonly #find: Database.Statement;
  readonly #all: Database.Statement;
  readonly #add: Database.Statement;
  readonly #save: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #makeLive: Database.Statement;

  constructor(db: Database.Database) {
    this.#find = db.prepare("SELECT * FROM read_models WHERE model = ? AND side = ?");
    this.#all = db.prepare("SELECT * FROM read_models ORDER BY name, revision, model, side");
    this.#add = db.prepare(
      `INSERT INTO read_models (model, side, name, revision, generation, "offset", hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#save = db.prepare(
      `UPDATE read_models SET "offset" = ?, hash = ?, fault_offset = ?, fault_why = ? WHERE model = ? AND side = ?`,
    );
    this.#remove = db.prepare("DELETE FROM read_models WHERE model = ? AND side = ?");
    this.#makeLive = db.prepare("UPDATE read_models SET side = 'live' WHERE model = ? AND side = ?");
  }

  find(shape: ReadModelShape, side: ModelRecord["side"]): ModelRecord | undefined {
    const row = this.#find.get(shapeKey(shape), side) as Row | undefined;
    return row === undefined ? undefined : recordOf(row);
  }

  all(): ModelRecord[] {
    return (this.#all.all() as Row[]).map(recordOf);
  }

  /** Of the same fields and revision, and not live: what is built, or was left by a process that was killed. */
  unfinished(shape: ReadModelShape): ModelRecord[] {
    return this.all().filter(({ model, side }) => model === shapeKey(shape) && side !== "live");
  }

  /** With a generation of its own among those of its model. */
  addLocked(shape: ReadModelShape, side: ModelRecord["side"]): ModelRecord {
    const model = shapeKey(shape);
    const used = this.all().filter((record) => record.model === model);
    const generation = Math.max(0, ...used.map((record) => record.generation)) + 1;
    const { offset, hash } = EMPTY_TAIL;
    this.#add.run(model, side, shape.name, shape.revision, generation, offset, hash);
    return { model, side, name: shape.name, revision: shape.revision, generation, state: { offset, hash } };
  }

  saveLocked({ model, side }: ModelRecord, { offset, hash, fault }: ModelState): void {
    this.#save.run(offset, hash, fault?.offset ?? null, fault?.why ?? null, model, side);
  }

  removeLocked({ model, side }: ModelRecord): void {
    this.#remove.run(model, side);
  }

  makeLiveLocked({ model, side }: ModelRecord): void {
    this.#makeLive.run(model, side);
  }
}

function recordOf(row: Row): ModelRecord {
  const { model, name, side, revision, generation, offset, hash, fault_offset, fault_why } = row;
  const fault: Fault | undefined = fault_offset === null ? undefined : { offset: fault_offset, why: fault_why ?? "" };
  const state: ModelState = fault === undefined ? { offset, hash } : { offset, hash, fault };
  return { model, name, side, revision, generation, state };
}
