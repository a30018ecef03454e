import { ArchivedError } from "../../../../errors.js";
import { archived } from "../../../archives.js";
import type { ModelState, PageFold } from "../../../read-model-tables.js";
import { EMPTY_TAIL } from "../../../seal.js";
import type { ModelRecord } from "../../read-model/model-record.js";
import type { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import type { PostgresReader } from "../read/postgres-reader.js";
import type { StoredPages } from "../read/stored-pages.js";
import type { PostgresModelDocuments } from "./postgres-model-documents.js";

/** Folds the next page of the log into the documents of a model. */
export class PostgresModelStep {
  readonly #reader: PostgresReader;
  readonly #pages: StoredPages;
  readonly #archived: ArchivedRows;
  readonly #hashAt: Statement;

  constructor(tables: Tables, reader: PostgresReader, pages: StoredPages, archived: ArchivedRows) {
    this.#reader = reader;
    this.#pages = pages;
    this.#archived = archived;
    this.#hashAt = statement(`SELECT hash FROM ${tables.events} WHERE "offset" = $1::bigint LIMIT 1`);
  }

  /** Whether there is nothing to fold, or something that cannot be folded. */
  async isDone(session: PgSession, { state }: ModelRecord): Promise<boolean> {
    return state.fault !== undefined || state.hash === (await this.#reader.tail(session)).hash;
  }

  /** The caller holds the row of the model. @returns where the model stands then @throws ArchivedError */
  async takeLocked(
    session: PgSession,
    record: ModelRecord,
    fold: PageFold,
    documents: PostgresModelDocuments,
  ): Promise<ModelState> {
    const { offset, hash } = await this.#startLocked(session, record, documents);
    const page = await this.#pages.ofLog(session, offset + 1, Number.MAX_SAFE_INTEGER);
    if (page instanceof ArchivedError) throw page;
    const { events } = page;
    const stored = await documents.bodies(session, fold.idsOf(events));
    const folded = fold.fold(events, new Map(stored.map(({ id, body }) => [id, body])));
    await documents.writeLocked(session, folded, new Map(stored.map(({ id, wordsHash }) => [id, wordsHash])));
    const { fault } = folded;
    const last = fault === undefined ? events.at(-1) : events.findLast((event) => event.offset < fault.offset);
    const reached = { offset: last?.offset ?? offset, hash: last?.hash ?? hash };
    return fault === undefined ? reached : { ...reached, fault };
  }

  /** Where the log was cut back behind the checkpoint, everything is folded anew. */
  async #startLocked(
    session: PgSession,
    { state }: ModelRecord,
    documents: PostgresModelDocuments,
  ): Promise<ModelState> {
    const known = await this.#whereabouts(session, state);
    if (known === "there") return state;
    if (known instanceof ArchivedError) throw known;
    await documents.clearLocked(session);
    return EMPTY_TAIL;
  }

  /** Whether the log, or an archive that ends there, has this event. */
  async isKnown(session: PgSession, end: Pick<ModelState, "offset" | "hash">): Promise<boolean> {
    return (await this.#whereabouts(session, end)) === "there";
  }

  async #whereabouts(
    session: PgSession,
    { offset, hash }: Pick<ModelState, "offset" | "hash">,
  ): Promise<"there" | "nowhere" | ArchivedError> {
    if (offset === 0) return "there";
    const [row] = await session.rows(this.#hashAt, [offset]);
    if (row !== undefined) return row[0] === hash ? "there" : "nowhere";
    const base = await this.#archived.holding(session, offset);
    if (base?.to === offset && base.hash === hash) return "there";
    return base === undefined ? "nowhere" : archived(`offset ${offset}`, base);
  }
}
