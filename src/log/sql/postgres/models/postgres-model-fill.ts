import { randomUUID } from "node:crypto";
import type { ReadModelShape } from "../../../../query/shape.js";
import type { ChangedDocument, ModelFill } from "../../../read-model-tables.js";
import type { Tail } from "../../../seal.js";
import { FILLING, type FillSide } from "../../read-model/model-record.js";
import type { PgSession } from "../connection/pg-session.js";
import type { RunOnServer } from "../connection/run-on-server.js";
import type { PostgresReader } from "../read/postgres-reader.js";
import { PostgresModelDocuments } from "./postgres-model-documents.js";
import type { PostgresModelRegister } from "./postgres-model-register.js";
import type { PostgresModelStep } from "./postgres-model-step.js";
import type { PostgresModelTransaction } from "./postgres-model-transaction.js";
import type { PostgresModelViews } from "./postgres-model-views.js";

export interface PostgresFillParts {
  readonly schema: string;
  readonly run: RunOnServer;
  readonly reader: PostgresReader;
  readonly register: PostgresModelRegister;
  readonly transaction: PostgresModelTransaction;
  readonly views: PostgresModelViews;
  readonly step: PostgresModelStep;
}

/**
 * One row of the register and the tables of its generation, from the first document until they are in place. The row counts
 * the documents: what a crash of the server takes is missed by the next part, and what was committed without an answer is known.
 */
export class PostgresModelFill implements ModelFill {
  readonly tail: Tail;
  readonly #parts: PostgresFillParts;
  readonly #shape: ReadModelShape;
  readonly #replaces: boolean;
  readonly #side: FillSide;
  /** Documents. */
  #written = 0;

  private constructor(parts: PostgresFillParts, shape: ReadModelShape, replaces: boolean, side: FillSide, tail: Tail) {
    this.#parts = parts;
    this.#shape = shape;
    this.#replaces = replaces;
    this.#side = side;
    this.tail = tail;
  }

  /** @returns null where the live tables have other rights or another owner than new ones: they stay, then */
  static begin(parts: PostgresFillParts, shape: ReadModelShape, replaces: boolean): Promise<PostgresModelFill | null> {
    const { schema, run, reader, register, transaction, views } = parts;
    return run("readModels.fill", (session) => {
      const side: FillSide = `fill-${randomUUID()}`;
      return transaction.alone(session, async () => {
        const live = await register.find(session, shape, "live");
        const record = await register.addLocked(session, shape, side);
        await register.saveLocked(session, record, { offset: 0, hash: FILLING });
        await new PostgresModelDocuments(shape, record.generation, schema).createLocked(session);
        if (live !== undefined && !replaces && !(await views.haveSameRights(session, shape, live, record))) {
          await views.dropLocked(session, shape, record);
          return null;
        }
        return new PostgresModelFill(parts, shape, replaces, side, await reader.tail(session));
      });
    });
  }

  async write(changed: readonly ChangedDocument[]): Promise<boolean> {
    const { schema, run, register, transaction } = this.#parts;
    const written = this.#written + changed.length;
    const isWritten = await run("readModels.fill", (session) =>
      transaction.run(session, async () => {
        const record = await register.lock(session, this.#shape, this.#side);
        if (record?.state.hash !== FILLING) return false;
        if (record.state.offset === written) return true; // the attempt before was committed without an answer
        if (record.state.offset !== this.#written || (await this.#isNeedless(session, this.tail))) return false;
        const documents = new PostgresModelDocuments(this.#shape, record.generation, schema);
        await documents.writeLocked(session, { changed, removed: [] }, new Map());
        await register.saveLocked(session, record, { offset: written, hash: FILLING });
        return true;
      }),
    );
    if (isWritten) this.#written = written;
    return isWritten;
  }

  finish(end: Pick<Tail, "offset" | "hash">): Promise<boolean> {
    const { schema, run, register, transaction, views, step } = this.#parts;
    return run("readModels.fill", async (session) => {
      const placed = await transaction.alone(session, async () => {
        const record = await register.lock(session, this.#shape, this.#side);
        if (record?.state.hash !== FILLING || record.state.offset !== this.#written) return undefined;
        if (!(await step.isKnown(session, end)) || (await this.#isNeedless(session, end))) return undefined;
        await register.saveLocked(session, record, end);
        await views.putInPlaceLocked(session, this.#shape, record);
        return record;
      });
      if (placed === undefined) return false;
      await new PostgresModelDocuments(this.#shape, placed.generation, schema).tidy(session);
      return true;
    });
  }

  async abandon(): Promise<void> {
    const { run, register, transaction, views } = this.#parts;
    await run("readModels.fill", (session) =>
      transaction.alone(session, async () => {
        const record = await register.lock(session, this.#shape, this.#side);
        if (record !== undefined) await views.dropLocked(session, this.#shape, record);
      }),
    );
  }

  /** Another process has brought the live tables as far. */
  async #isNeedless(session: PgSession, { offset }: Pick<Tail, "offset">): Promise<boolean> {
    if (this.#replaces) return false;
    const state = (await this.#parts.register.find(session, this.#shape, "live"))?.state;
    return state !== undefined && state.offset >= offset && this.#parts.step.isKnown(session, state);
  }
}
