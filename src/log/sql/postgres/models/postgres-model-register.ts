import { type ReadModelShape, shapeKey } from "../../../../query/shape.js";
import type { Fault, ModelState } from "../../../read-model-tables.js";
import { EMPTY_TAIL } from "../../../seal.js";
import type { ModelRecord } from "../../read-model/model-record.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf } from "../event-rows.js";

const COLUMNS = `model, side, name, revision, generation, "offset", hash, fault_offset, fault_why`;

/** The table read_models: how far each read model is. A row is the lock of its tables. */
export class PostgresModelRegister {
  readonly #find: Statement;
  readonly #lock: Statement;
  readonly #all: Statement;
  readonly #add: Statement;
  readonly #save: Statement;
  readonly #remove: Statement;
  readonly #makeLive: Statement;
  readonly #supplant: Statement;

  constructor({ models }: Tables) {
    const one = "WHERE model = $1 AND side = $2";
    this.#find = statement(`SELECT ${COLUMNS} FROM ${models} ${one}`);
    this.#lock = statement(`SELECT ${COLUMNS} FROM ${models} ${one} FOR UPDATE`);
    this.#all = statement(`SELECT ${COLUMNS} FROM ${models} ORDER BY name, revision, model, side`);
    this.#add = statement(
      `INSERT INTO ${models} (model, side, name, revision, generation, "offset", hash)
       SELECT $1, $2, $3, $4::integer, coalesce(max(generation), 0) + 1, ${EMPTY_TAIL.offset}, '${EMPTY_TAIL.hash}'
       FROM ${models} WHERE model = $1 RETURNING ${COLUMNS}`,
    );
    this.#save = statement(
      `UPDATE ${models} SET "offset" = $3::bigint, hash = $4, fault_offset = $5::bigint, fault_why = $6 ${one}`,
    );
    this.#remove = statement(`DELETE FROM ${models} ${one}`);
    this.#makeLive = statement(`UPDATE ${models} SET side = 'live' ${one}`);
    const columns = ["generation", '"offset"', "hash", "fault_offset", "fault_why"];
    this.#supplant = statement(
      `UPDATE ${models} AS live SET ${columns.map((column) => `${column} = built.${column}`).join(", ")}
       FROM ${models} AS built
       WHERE built.model = $1 AND built.side = $2 AND live.model = $1 AND live.side = 'live'`,
    );
  }

  async find(session: PgSession, shape: ReadModelShape, side: ModelRecord["side"]): Promise<ModelRecord | undefined> {
    return (await session.rows(this.#find, [shapeKey(shape), side])).map(recordOf)[0];
  }

  /** As find; nobody else can change it, or the tables that it names, until the transaction ends. */
  async lock(session: PgSession, shape: ReadModelShape, side: ModelRecord["side"]): Promise<ModelRecord | undefined> {
    return (await session.rows(this.#lock, [shapeKey(shape), side])).map(recordOf)[0];
  }

  async all(session: PgSession): Promise<ModelRecord[]> {
    return (await session.rows(this.#all)).map(recordOf);
  }

  /** Of the same fields and revision, and not live: what is built, or was left by a process that was killed. */
  async unfinished(session: PgSession, shape: ReadModelShape): Promise<ModelRecord[]> {
    return (await this.all(session)).filter(({ model, side }) => model === shapeKey(shape) && side !== "live");
  }

  async addLocked(session: PgSession, shape: ReadModelShape, side: ModelRecord["side"]): Promise<ModelRecord> {
    const [row] = await session.rows(this.#add, [shapeKey(shape), side, shape.name, shape.revision]);
    return recordOf(row as unknown[]);
  }

  async saveLocked(
    session: PgSession,
    { model, side }: ModelRecord,
    { offset, hash, fault }: ModelState,
  ): Promise<void> {
    await session.affected(this.#save, [model, side, offset, hash, fault?.offset ?? null, fault?.why ?? null]);
  }

  async removeLocked(session: PgSession, { model, side }: ModelRecord): Promise<void> {
    await session.affected(this.#remove, [model, side]);
  }

  /** The live row stays, with other tables: whoever waits for its lock goes on with those. */
  async makeLiveLocked(session: PgSession, built: ModelRecord): Promise<void> {
    const { model, side } = built;
    if ((await session.affected(this.#supplant, [model, side])) > 0) return this.removeLocked(session, built);
    await session.affected(this.#makeLive, [model, side]);
  }
}

function recordOf(row: unknown[]): ModelRecord {
  const [model, side, name, revision, generation, , hash, faultOffset, why] = row;
  const fault: Fault | undefined =
    faultOffset === null ? undefined : { offset: countOf(faultOffset), why: String(why) };
  const at = { offset: countOf(row[5]), hash: hash as string };
  return {
    model: model as string,
    side: side as ModelRecord["side"],
    name: name as string,
    revision: Number(revision),
    generation: Number(generation),
    state: fault === undefined ? at : { ...at, fault },
  };
}
