import { randomUUID } from "node:crypto";
import type Database from "better-sqlite3";
import type { ReadModelShape } from "../../../../query/shape.js";
import type { ChangedDocument, ModelFill } from "../../../read-model-tables.js";
import type { Tail } from "../../../seal.js";
import { FILLING, type FillSide, type ModelRecord } from "../../read-model/model-record.js";
import type { SqliteReader } from "../sqlite-reader.js";
import { SqliteModelDocuments } from "./sqlite-model-documents.js";
import type { SqliteModelRegister } from "./sqlite-model-register.js";
import type { SqliteModelViews } from "./sqlite-model-views.js";

export interface SqliteFillParts {
  readonly db: Database.Database;
  readonly reader: SqliteReader;
  readonly register: SqliteModelRegister;
  readonly views: SqliteModelViews;
  /** Runs an act as one write transaction. */
  readonly change: <T>(act: () => T) => Promise<T>;
}

/** One row of the register and the tables of its generation, from the first document until they are in place. */
export class SqliteModelFill implements ModelFill {
  readonly tail: Tail;
  readonly #parts: SqliteFillParts;
  readonly #shape: ReadModelShape;
  readonly #replaces: boolean;
  readonly #side: FillSide;
  /** Documents. */
  #written = 0;

  private constructor(parts: SqliteFillParts, shape: ReadModelShape, replaces: boolean, side: FillSide, tail: Tail) {
    this.#parts = parts;
    this.#shape = shape;
    this.#replaces = replaces;
    this.#side = side;
    this.tail = tail;
  }

  static begin(parts: SqliteFillParts, shape: ReadModelShape, replaces: boolean): Promise<SqliteModelFill> {
    const { db, reader, register, change } = parts;
    const side: FillSide = `fill-${randomUUID()}`;
    return change(() => {
      const record = register.addLocked(shape, side);
      register.saveLocked(record, { offset: 0, hash: FILLING });
      new SqliteModelDocuments(db, shape, record.generation).createLocked();
      return new SqliteModelFill(parts, shape, replaces, side, reader.tail());
    });
  }

  async write(documents: readonly ChangedDocument[]): Promise<boolean> {
    const { db, register, change } = this.#parts;
    const written = this.#written + documents.length;
    const isWritten = await change(() => {
      const record = this.#recordLocked();
      if (record === undefined || this.#isNeedlessLocked(this.tail)) return false;
      new SqliteModelDocuments(db, this.#shape, record.generation).writeLocked({ changed: documents, removed: [] });
      register.saveLocked(record, { offset: written, hash: FILLING });
      return true;
    });
    if (isWritten) this.#written = written;
    return isWritten;
  }

  finish({ offset, hash }: Pick<Tail, "offset" | "hash">): Promise<boolean> {
    const { reader, register, views, change } = this.#parts;
    return change(() => {
      const record = this.#recordLocked();
      if (record === undefined || reader.hashAt(offset) !== hash || this.#isNeedlessLocked({ offset })) return false;
      register.saveLocked(record, { offset, hash });
      views.putInPlaceLocked(this.#shape, record);
      return true;
    });
  }

  async abandon(): Promise<void> {
    const { register, views, change } = this.#parts;
    await change(() => {
      const record = register.find(this.#shape, this.#side);
      if (record !== undefined) views.dropLocked(this.#shape, record);
    });
  }

  /** @returns undefined where it is over, or holds something else than was written here */
  #recordLocked(): ModelRecord | undefined {
    const record = this.#parts.register.find(this.#shape, this.#side);
    return record?.state.hash === FILLING && record.state.offset === this.#written ? record : undefined;
  }

  /** Another process has brought the live tables as far. */
  #isNeedlessLocked({ offset }: Pick<Tail, "offset">): boolean {
    if (this.#replaces) return false;
    const state = this.#parts.register.find(this.#shape, "live")?.state;
    return state !== undefined && state.offset >= offset && this.#parts.reader.hashAt(state.offset) === state.hash;
  }
}
