import type { Projection } from "../../../projections/projection.js";
import { assertLog } from "../../log/assert-log.js";
import type { EventLog } from "../../log/event-log.js";
import type { QueueShape } from "../../log/read-model-tables.js";
import { type ParsedQuery, parseQuery } from "../../query/parse-query.js";
import type { Page, Query } from "../../query/query.js";
import { assertSearchText } from "../../query/search-terms.js";
import type { ReadModelShape } from "../../query/shape.js";
import { assertOffsetIn } from "../assert-offset-in.js";
import { foldLog } from "../fold-log.js";
import { MemoryModel, queryDocuments } from "./memory-model.js";
import { MemorySearch } from "./memory-search.js";
import type { ModelCheck, ModelEngine, OnProgress, PagesAsIs, SearchPage, StoredState } from "./model-engine.js";
import { ModelRows } from "./model-row.js";
import { TableModel } from "./table-model.js";
import type { Take } from "./take.js";

/** Reads the state as it was after this offset (inclusive) instead of the present one. */
export interface ModelAsOf {
  readonly asOf?: number;
}

/**
 * The documents of one projection over one log, to be asked. In a table with columns and indexes where the backend has
 * tables, else in memory with snapshots in the sidecar; the answers are the same.
 *
 * Every answer holds all that any process had appended before the question. Documents are frozen.
 *
 * All questions reject with ProjectionStopped (PROJECTION_STOPPED, with the offset and the cause) where the projection
 * throws at an event; what it gave before that is there with `asOf`. As of an offset that the log does not have they
 * reject with NotFoundError POINT_OUTSIDE, or UsageError ARGUMENT_INVALID.
 */
export class ReadModel<D extends object> {
  readonly projection: Projection<D>;
  readonly #log: EventLog;
  readonly #rows: ModelRows<D>;
  readonly #engine: ModelEngine<D>;
  #past: MemorySearch<D> | undefined;

  constructor(log: EventLog, projection: Projection<D>) {
    assertLog(log);
    this.projection = projection;
    this.#log = log;
    this.#rows = new ModelRows(projection);
    this.#engine =
      log.readModels === undefined
        ? new MemoryModel(log, projection, this.#rows)
        : new TableModel(log, log.readModels, projection, this.#rows);
  }

  /** Where the documents are kept. */
  get kind(): "table" | "memory" {
    return this.#engine.kind;
  }

  /** @returns null where there is no such document (then) */
  async get(id: string, { asOf }: ModelAsOf = {}): Promise<D | null> {
    if (asOf === undefined) return this.#engine.get(id);
    const documents = await this.#documentsAsOf(asOf);
    return documents.get(id) ?? null;
  }

  /** @throws UsageError QUERY_INVALID, CURSOR_INVALID */
  async query(query: Query = {}, { asOf }: ModelAsOf = {}): Promise<Page<D>> {
    const parsed = parseQuery(this.#rows.shape, query);
    if (asOf === undefined) return this.#engine.query(parsed);
    const documents = await this.#documentsAsOf(asOf);
    return queryDocuments(this.#pastSearch(), documents, parsed, asOf);
  }

  /**
   * The documents with all these words and phrases, the best ones first: `word begin* "a phrase" -without`. All backends
   * find the same ones in the same order: by BM25 over all documents, whatever the conditions. Of those that fit as well the
   * newest come first, where the projection says which they are (`textOffsetField`), else their ids decide.
   *
   * @throws UsageError QUERY_INVALID
   */
  async search(
    search: string,
    conditions: Pick<Query, "where" | "limit"> = {},
    { asOf }: ModelAsOf = {},
  ): Promise<SearchPage<D>> {
    const parsed = this.#parsedSearch(search, conditions);
    if (asOf === undefined) return this.#engine.search(parsed);
    const documents = await this.#documentsAsOf(asOf);
    return this.#pastSearch().search(documents, parsed, asOf);
  }

  /**
   * The same without bringing anything up to date, for somebody who only looks: no table is written. The answer's `offset`
   * may be behind the log; it is at its tail where that costs little.
   *
   * @returns undefined where the documents were never stored, or are of a history that was cut away
   * @throws UsageError QUERY_INVALID
   */
  searchAsIs(search: string, conditions: Pick<Query, "where" | "limit"> = {}): Promise<SearchPage<D> | undefined> {
    return this.#engine.searchAsIs(this.#parsedSearch(search, conditions));
  }

  /**
   * What several queries find at one place of the log, which is named by its hash, too: for whoever reads on from there
   * himself. Nothing is brought up to date in tables.
   *
   * @returns undefined where others have moved the tables meanwhile, there are none, or the projection has stopped
   * @throws UsageError QUERY_INVALID
   */
  pagesAsIs(queries: readonly Query[]): Promise<PagesAsIs<D> | undefined> {
    return this.#engine.pagesAsIs(queries.map((query) => parseQuery(this.#rows.shape, query)));
  }

  /**
   * Offers documents of a query, in its order and some at once, until `take` takes any of them, which it says by giving
   * something: for queues. Others who take at the same time are offered the next ones, where the storage can tell; so `take` must still find out by the
   * expected version of an append whether it was the first. It must not ask for read models. The tables are caught up
   * where something came to the queue since, and not for each event of what was taken.
   *
   * @returns what `take` gave; undefined where it took none, or nothing matched
   */
  take<T>(query: Query, queue: QueueShape, take: Take<D, T>): Promise<T | undefined> {
    return this.#engine.take(parseQuery(this.#rows.shape, query), queue, take);
  }

  async #documentsAsOf(offset: number): Promise<Map<string, D>> {
    await assertOffsetIn(this.#log, offset);
    return (await foldLog(this.#log, this.projection, offset)).documents;
  }

  #parsedSearch(search: string, { where, limit }: Pick<Query, "where" | "limit">): ParsedQuery {
    assertSearchText(search);
    const given = { ...(where === undefined ? {} : { where }), ...(limit === undefined ? {} : { limit }) };
    return parseQuery(this.#rows.shape, { search, ...given });
  }

  #pastSearch(): MemorySearch<D> {
    this.#past ??= new MemorySearch(this.#log, this.projection, this.#rows);
    return this.#past;
  }

  /** As storage knows it: for whoever asks the log to look into its tables by itself. */
  get shape(): ReadModelShape {
    return this.#rows.shape;
  }

  /** Brings the tables up to date, as every question does. @returns false where there are none, or nobody may write there */
  catchUp(): Promise<boolean> {
    return this.#engine.catchUp();
  }

  /** How far the stored documents are, as they are: nothing is caught up. */
  state(): Promise<StoredState> {
    return this.#engine.state();
  }

  /** Compares the stored documents with a fresh fold of the log up to the same offset. Changes nothing. */
  check(): Promise<ModelCheck> {
    return this.#engine.check();
  }

  /** Folds the log anew beside what is stored, which goes on answering, and puts the result in its place. */
  rebuild(onProgress?: OnProgress): Promise<void> {
    return this.#engine.rebuild(onProgress);
  }
}
