import type Database from "better-sqlite3";
import { ArchivedError, SessionDbError } from "../../../../errors.js";
import type { ParsedQuery } from "../../../../query/parse-query.js";
import type { ReadModelShape } from "../../../../query/shape.js";
import {
  type DocumentQuery,
  type DocumentRead,
  MAX_QUEUE_LAG,
  type ModelFill,
  type ModelSide,
  type ModelState,
  type ModelSummary,
  type PageFold,
  type QueueShape,
  type ReadModelTables,
  type ScannedRows,
  type StoredHits,
  type StoredPage,
} from "../../../read-model-tables.js";
import { EMPTY_TAIL } from "../../../seal.js";
import { type ModelRecord, standOf } from "../../read-model/model-record.js";
import { WriteTransaction } from "../append/write-transaction.js";
import type { OwnFiles } from "../file/own-files.js";
import type { RunOnLog } from "../run-on-log.js";
import type { SqliteReader } from "../sqlite-reader.js";
import { SqliteDocumentReader } from "./sqlite-document-reader.js";
import { SQLITE_MODELS } from "./sqlite-model-dialect.js";
import { SqliteModelDocuments } from "./sqlite-model-documents.js";
import { SqliteModelFill } from "./sqlite-model-fill.js";
import { SqliteModelRegister } from "./sqlite-model-register.js";
import { SqliteModelViews } from "./sqlite-model-views.js";

/** Where a reader cannot write, it goes on without. A lock that is held for long is somebody's long transaction. */
const CANNOT_WRITE = ["STORAGE_READ_ONLY", "DISK_FULL", "LOG_LOCKED"];

/** Appends hold the lock for milliseconds; a reader who waits for longer goes on without it. */
const STEP_BUSY_MS = 500;

/** What a fill has folded is worth a longer wait. */
const FILL_BUSY_MS = 5_000;

/**
 * Each step is one short write transaction: the events are read, folded and written synchronously, so that another
 * process waits for it and finds it done.
 */
export class SqliteReadModels implements ReadModelTables {
  readonly #db: Database.Database;
  readonly #reader: SqliteReader;
  readonly #run: RunOnLog;
  readonly #register: SqliteModelRegister;
  readonly #transaction: WriteTransaction;
  readonly #single: SqliteDocumentReader;
  readonly #views: SqliteModelViews;

  constructor(db: Database.Database, files: OwnFiles, reader: SqliteReader, run: RunOnLog) {
    this.#db = db;
    this.#reader = reader;
    this.#run = run;
    this.#register = new SqliteModelRegister(db);
    this.#transaction = new WriteTransaction(db, files);
    this.#views = new SqliteModelViews(db, this.#register);
    this.#single = new SqliteDocumentReader(db, reader, this.#register);
  }

  async advance(shape: ReadModelShape, fold: PageFold, side: ModelSide): Promise<ModelState | null> {
    try {
      const step = () => {
        const record = this.#register.find(shape, side);
        if (record !== undefined && this.#isDone(record)) return record.state;
        return this.#transaction.run(() => this.#stepLocked(shape, fold, side));
      };
      return await this.#run("readModels.advance", step, STEP_BUSY_MS);
    } catch (error) {
      if (error instanceof SessionDbError && CANNOT_WRITE.includes(error.code)) return null;
      // Tables that answer are passed over, and folded in memory; a rebuild that cannot be finished must say so.
      if (error instanceof ArchivedError && side === "live") return null;
      throw error;
    }
  }

  state(shape: ReadModelShape): Promise<ModelState | null> {
    return this.#run("readModels.state", () => this.#register.find(shape, "live")?.state ?? null);
  }

  query(shape: ReadModelShape, query: ParsedQuery, without: readonly string[]): Promise<StoredPage | null> {
    return this.#reading(shape, (documents) => documents.query(query, without));
  }

  search(shape: ReadModelShape, query: ParsedQuery): Promise<StoredHits | null> {
    return this.#reading(shape, (documents) => ({ documents: documents.search(query) }));
  }

  read(shape: ReadModelShape, ids: readonly string[]): Promise<Pick<StoredPage, "state" | "documents"> | null> {
    return this.#reading(shape, (documents) => ({ documents: documents.bodies(ids) }));
  }

  /** As `readDocument` of EventLog. */
  document(query: DocumentQuery): Promise<DocumentRead | undefined> {
    return this.#run("readDocument", () => this.#single.read(query));
  }

  scan(shape: ReadModelShape, after: string | null, limit: number): Promise<ScannedRows | null> {
    return this.#reading(shape, (documents) => ({ documents: documents.scan(after, limit) }));
  }

  /** Nothing is held here: of two who take the same document, the log refuses one, at once. */
  async offer<T>(
    shape: ReadModelShape,
    query: ParsedQuery,
    queue: QueueShape,
    act: (bodies: readonly string[]) => Promise<T>,
  ): Promise<{ readonly result: T } | "behind" | null> {
    const found = await this.#run("readModels.offer", () =>
      this.#db.transaction(() => {
        const record = this.#register.find(shape, "live");
        const lag = record === undefined ? "behind" : this.#lagOf(record, queue);
        if (record === undefined || lag === "behind") return "behind";
        const bodies = this.#documentsOf(shape, record).firstFresh(query, queue);
        return bodies.length === 0 ? (lag === 0 ? null : "behind") : { bodies };
      })(),
    );
    return found === null || found === "behind" ? found : { result: await act(found.bodies) };
  }

  /** How many events the tables do not know; "behind" where these matter, or the log is another one. */
  #lagOf({ state }: ModelRecord, { bringing, lapsing }: QueueShape): number | "behind" {
    const lag = this.#reader.tail().offset - state.offset;
    const isKnown = state.offset === 0 || this.#reader.hashAt(state.offset) === state.hash;
    if (!isKnown || state.fault !== undefined || lag < 0 || lag > MAX_QUEUE_LAG) return "behind";
    const oneOf = "type IN (SELECT value FROM json_each(?))";
    const lapsed = `${oneOf} AND ${SQLITE_MODELS.viewMember("data", lapsing.member, "text")} <= ?`;
    const brought = this.#db
      .prepare(`SELECT 1 FROM events WHERE "offset" > ? AND (${oneOf} OR (${lapsed})) LIMIT 1`)
      .get(state.offset, JSON.stringify(bringing), JSON.stringify(lapsing.types), lapsing.now);
    return brought === undefined ? lag : "behind";
  }

  beginFill(shape: ReadModelShape, replaces: boolean): Promise<ModelFill> {
    const change = <T>(act: () => T) => this.#run("readModels.fill", () => this.#transaction.run(act), FILL_BUSY_MS);
    const [db, reader, register, views] = [this.#db, this.#reader, this.#register, this.#views];
    return SqliteModelFill.begin({ db, reader, register, views, change }, shape, replaces);
  }

  async beginRebuild(shape: ReadModelShape): Promise<void> {
    await this.#change("readModels.beginRebuild", () => {
      const left = this.#register.find(shape, "beside");
      if (left !== undefined) this.#views.dropLocked(shape, left);
      const record = this.#register.addLocked(shape, "beside");
      this.#documentsOf(shape, record).createLocked();
    });
  }

  async finishRebuild(shape: ReadModelShape): Promise<void> {
    await this.#change("readModels.finishRebuild", () => {
      const built = this.#register.find(shape, "beside");
      if (built === undefined) return; // another process has built it with us, and has finished
      this.#views.putInPlaceLocked(shape, built);
    });
  }

  list(): Promise<ModelSummary[]> {
    return this.#run("readModels.list", () =>
      this.#register.all().map(({ model, name, revision, generation, side, state }) => {
        const table = `model_${model}_g${generation}`;
        const documents = this.#db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number;
        return { name, revision, table, rebuilding: side !== "live", documents, ...standOf({ side, state }) };
      }),
    );
  }

  #isDone({ state }: ModelRecord): boolean {
    return state.fault !== undefined || state.hash === this.#reader.tail().hash;
  }

  #stepLocked(shape: ReadModelShape, fold: PageFold, side: ModelSide): ModelState {
    const record = this.#register.find(shape, side) ?? this.#missingLocked(shape, side);
    if (record === undefined) return { ...EMPTY_TAIL, isOver: true };
    if (this.#isDone(record)) return record.state;
    const documents = this.#documentsOf(shape, record);
    const { offset, hash } = this.#startLocked(record, documents);
    const tail = this.#reader.tail();
    if (offset === tail.offset) return this.#savedLocked(record, { offset, hash });
    const events = this.#reader.page({ first: offset + 1, after: undefined }, tail.offset);
    const bodies = new Map(documents.bodies(fold.idsOf(events)).map(({ id, body }) => [id, body]));
    const folded = fold.fold(events, bodies);
    documents.writeLocked(folded);
    const { fault } = folded;
    const last = fault === undefined ? events.at(-1) : events.findLast((event) => event.offset < fault.offset);
    const reached = { offset: last?.offset ?? offset, hash: last?.hash ?? hash };
    return this.#savedLocked(record, fault === undefined ? reached : { ...reached, fault });
  }

  /** Where the log was cut back behind the checkpoint, everything is folded anew. */
  #startLocked({ state }: ModelRecord, documents: SqliteModelDocuments): ModelState {
    if (state.offset === 0 || this.#reader.hashAt(state.offset) === state.hash) return state;
    documents.createLocked();
    return EMPTY_TAIL;
  }

  #savedLocked(record: ModelRecord, state: ModelState): ModelState {
    this.#register.saveLocked(record, state);
    return state;
  }

  /** @returns undefined for a rebuild that another process has finished */
  #missingLocked(shape: ReadModelShape, side: ModelSide): ModelRecord | undefined {
    if (side === "beside") return undefined;
    const record = this.#register.addLocked(shape, "live");
    this.#documentsOf(shape, record).createLocked();
    this.#views.showLocked(shape, record);
    return record;
  }

  #documentsOf(shape: ReadModelShape, { generation }: ModelRecord): SqliteModelDocuments {
    return new SqliteModelDocuments(this.#db, shape, generation);
  }

  /** Documents and checkpoint of one instant. */
  #reading<T>(
    shape: ReadModelShape,
    act: (documents: SqliteModelDocuments) => T,
  ): Promise<(T & { state: ModelState }) | null> {
    return this.#run("readModels.read", () =>
      this.#db.transaction(() => {
        const record = this.#register.find(shape, "live");
        return record === undefined ? null : { state: record.state, ...act(this.#documentsOf(shape, record)) };
      })(),
    );
  }

  #change(operation: string, act: () => void): Promise<void> {
    return this.#run(operation, () => this.#transaction.run(act));
  }
}
