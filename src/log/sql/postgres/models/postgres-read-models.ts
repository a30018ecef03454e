import { ArchivedError, SessionDbError } from "../../../../errors.js";
import type { ParsedQuery } from "../../../../query/parse-query.js";
import type { ReadModelShape } from "../../../../query/shape.js";
import type {
  ModelFill,
  ModelSide,
  ModelState,
  ModelSummary,
  PageFold,
  QueueShape,
  ReadModelTables,
  ScannedRows,
  StoredHits,
  StoredPage,
} from "../../../read-model-tables.js";
import { EMPTY_TAIL } from "../../../seal.js";
import { type ModelRecord, standOf } from "../../read-model/model-record.js";
import type { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import type { RunOnServer } from "../connection/run-on-server.js";
import { statement, type Tables } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import type { PostgresReader } from "../read/postgres-reader.js";
import type { StoredPages } from "../read/stored-pages.js";
import { PostgresModelDocuments } from "./postgres-model-documents.js";
import { type PostgresFillParts, PostgresModelFill } from "./postgres-model-fill.js";
import { PostgresModelRegister } from "./postgres-model-register.js";
import { PostgresModelStep } from "./postgres-model-step.js";
import { PostgresModelTransaction } from "./postgres-model-transaction.js";
import { PostgresModelViews } from "./postgres-model-views.js";
import { PostgresQueue } from "./postgres-queue.js";

/** Where a reader cannot write, it goes on without: no rights, a replica, a full disk, a lock that somebody holds for long. */
const CANNOT_WRITE = ["PERMISSION_DENIED", "STORAGE_READ_ONLY", "DISK_FULL", "LOG_LOCKED"];

/**
 * Each step leaves dead rows of the documents that it has changed. The server cleans up by itself, but once a minute at best, and
 * the tables of a long log are made sooner than that: they would be some hundred times as large as what is in them.
 */
const TIDY_EVERY_EVENTS = 20_000;

/** Tables are not swapped so often that the third look fails, too: then they are gone. */
const MAX_LOOKS = 3;

/** Each step locks the row of its model: another process waits for it and finds the step done. Appends do not wait. */
export class PostgresReadModels implements ReadModelTables {
  readonly #tables: Tables;
  readonly #run: RunOnServer;
  readonly #register: PostgresModelRegister;
  readonly #transaction: PostgresModelTransaction;
  readonly #views: PostgresModelViews;
  readonly #step: PostgresModelStep;
  readonly #queue: PostgresQueue;
  readonly #fillParts: PostgresFillParts;
  readonly #saw: (state: ModelState) => void;

  /** `saw` is told where a model stands whose documents are given out: what is read of the log must reach so far. */
  constructor(
    tables: Tables,
    run: RunOnServer,
    reader: PostgresReader,
    pages: StoredPages,
    archived: ArchivedRows,
    saw: (state: ModelState) => void,
  ) {
    this.#saw = saw;
    this.#tables = tables;
    this.#run = run;
    this.#register = new PostgresModelRegister(tables);
    this.#transaction = new PostgresModelTransaction(tables);
    this.#views = new PostgresModelViews(tables, this.#register);
    this.#queue = new PostgresQueue(tables, this.#register);
    this.#step = new PostgresModelStep(tables, reader, pages, archived);
    const { schema } = tables;
    const [register, transaction, views, step] = [this.#register, this.#transaction, this.#views, this.#step];
    this.#fillParts = { schema, run, reader, register, transaction, views, step };
  }

  async advance(shape: ReadModelShape, fold: PageFold, side: ModelSide): Promise<ModelState | null> {
    try {
      return await this.#run("readModels.advance", async (session) => {
        const record = await this.#register.find(session, shape, side);
        if (record !== undefined && (await this.#step.isDone(session, record))) return record.state;
        if (record === undefined && side === "live")
          await this.#transaction.alone(session, () => this.#make(session, shape));
        const reached = await this.#transaction.run(session, () => this.#stepLocked(session, shape, fold, side));
        const before = record?.state.offset ?? 0;
        if (crosses(before, reached.offset)) await this.#tidy(session, shape, side);
        return reached;
      });
    } catch (error) {
      if (error instanceof SessionDbError && CANNOT_WRITE.includes(error.code)) return null;
      // Tables that answer are passed over, and folded in memory; a rebuild that cannot be finished must say so.
      if (error instanceof ArchivedError && side === "live") return null;
      throw error;
    }
  }

  state(shape: ReadModelShape): Promise<ModelState | null> {
    return this.#run("readModels.state", async (session) => {
      return (await this.#register.find(session, shape, "live"))?.state ?? null;
    });
  }

  query(shape: ReadModelShape, query: ParsedQuery, without: readonly string[]): Promise<StoredPage | null> {
    return this.#reading(shape, async (session, documents) => ({
      documents: await documents.query(session, query, without),
      total: query.total ? await documents.count(session, query, without) : undefined,
    }));
  }

  search(shape: ReadModelShape, query: ParsedQuery): Promise<StoredHits | null> {
    return this.#reading(shape, async (session, documents) => ({
      documents: await documents.search(session, query, this.#tables.events),
    }));
  }

  read(shape: ReadModelShape, ids: readonly string[]): Promise<Pick<StoredPage, "state" | "documents"> | null> {
    return this.#reading(shape, async (session, documents) => ({ documents: await documents.bodies(session, ids) }));
  }

  scan(shape: ReadModelShape, after: string | null, limit: number): Promise<ScannedRows | null> {
    return this.#reading(shape, async (session, documents) => ({
      documents: await documents.scan(session, after, limit),
    }));
  }

  async offer<T>(
    shape: ReadModelShape,
    query: ParsedQuery,
    queue: QueueShape,
    act: (bodies: readonly string[]) => Promise<T>,
  ): Promise<{ readonly result: T } | "behind" | null> {
    let done: { readonly result: T } | undefined;
    try {
      return await this.#run("readModels.offer", (session) =>
        this.#transaction.run(session, async () => {
          // The connection may be lost after the act: then this is tried again, but the act is not.
          if (done !== undefined) return done;
          const offered = await this.#queue.firstLocked(session, shape, query, queue);
          if (offered === null || offered === "behind") return offered;
          done = { result: await act(offered.bodies) };
          return done;
        }),
      );
    } catch (error) {
      if (done !== undefined) return done;
      throw error;
    }
  }

  async beginFill(shape: ReadModelShape, replaces: boolean): Promise<ModelFill | null> {
    const fill = await PostgresModelFill.begin(this.#fillParts, shape, replaces);
    if (fill !== null) this.#saw(fill.tail);
    return fill;
  }

  async beginRebuild(shape: ReadModelShape): Promise<void> {
    await this.#changeAlone("readModels.beginRebuild", async (session) => {
      const left = await this.#register.lock(session, shape, "beside");
      if (left !== undefined) await this.#views.dropLocked(session, shape, left);
      const record = await this.#register.addLocked(session, shape, "beside");
      await this.#documentsOf(shape, record).createLocked(session);
    });
  }

  async finishRebuild(shape: ReadModelShape): Promise<void> {
    await this.#changeAlone("readModels.finishRebuild", async (session) => {
      const built = await this.#register.lock(session, shape, "beside");
      if (built === undefined) return; // another process has built it with us, and has finished
      await this.#views.putInPlaceLocked(session, shape, built);
    });
  }

  list(): Promise<ModelSummary[]> {
    return this.#look("readModels.list", async (session) => {
      const summaries: ModelSummary[] = [];
      for (const { model, name, revision, generation, side, state } of await this.#register.all(session)) {
        const table = `model_${model}_g${generation}`;
        const [row] = await session.rows(statement(`SELECT count(*) FROM "${this.#tables.schema}"."${table}"`));
        const stand = standOf({ side, state });
        summaries.push({ name, revision, table, rebuilding: side !== "live", documents: countOf(row?.[0]), ...stand });
      }
      return summaries;
    });
  }

  async #stepLocked(session: PgSession, shape: ReadModelShape, fold: PageFold, side: ModelSide): Promise<ModelState> {
    const record = await this.#register.lock(session, shape, side);
    if (record === undefined) return { ...EMPTY_TAIL, isOver: true };
    if (await this.#step.isDone(session, record)) return record.state;
    const reached = await this.#step.takeLocked(session, record, fold, this.#documentsOf(shape, record));
    await this.#register.saveLocked(session, record, reached);
    return reached;
  }

  async #tidy(session: PgSession, shape: ReadModelShape, side: ModelSide): Promise<void> {
    const record = await this.#register.find(session, shape, side);
    if (record !== undefined) await this.#documentsOf(shape, record).tidy(session);
  }

  async #make(session: PgSession, shape: ReadModelShape): Promise<void> {
    if ((await this.#register.find(session, shape, "live")) !== undefined) return; // another process was faster
    const documents = this.#documentsOf(shape, await this.#register.addLocked(session, shape, "live"));
    await documents.createLocked(session);
    await this.#views.showLocked(session, shape, documents);
  }

  #documentsOf(shape: ReadModelShape, { generation }: ModelRecord): PostgresModelDocuments {
    return new PostgresModelDocuments(shape, generation, this.#tables.schema);
  }

  /** Documents and checkpoint of one instant. */
  #reading<T>(
    shape: ReadModelShape,
    act: (session: PgSession, documents: PostgresModelDocuments) => Promise<T>,
  ): Promise<(T & { state: ModelState }) | null> {
    return this.#look("readModels.read", (session) =>
      this.#transaction.snapshot(session, async () => {
        const record = await this.#register.find(session, shape, "live");
        if (record === undefined) return null;
        if (record.state.offset > 0) this.#saw(record.state);
        return { state: record.state, ...(await act(session, this.#documentsOf(shape, record))) };
      }),
    );
  }

  /** Once more where the tables were dropped between a look at their list and one at them: others are in their place. */
  async #look<T>(operation: string, act: (session: PgSession) => Promise<T>): Promise<T> {
    for (let look = 1; ; look++) {
      try {
        return await this.#run(operation, act);
      } catch (error) {
        const isGone = error instanceof SessionDbError && error.code === "READ_MODEL_DAMAGED";
        if (!isGone || look === MAX_LOOKS) throw error;
      }
    }
  }

  #changeAlone(operation: string, act: (session: PgSession) => Promise<void>): Promise<void> {
    return this.#run(operation, (session) => this.#transaction.alone(session, () => act(session)));
  }
}

function crosses(before: number, after: number): boolean {
  return Math.floor(before / TIDY_EVERY_EVENTS) < Math.floor(after / TIDY_EVERY_EVENTS);
}
