import type { Projection } from "../../../projections/projection.js";
import type { EventLog } from "../../log/event-log.js";
import type { QueueShape } from "../../log/read-model-tables.js";
import { evaluate } from "../../query/evaluate.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import type { Page } from "../../query/query.js";
import { CatchUp } from "../catch-up.js";
import { foldFresh } from "../fold-log.js";
import { Snapshots } from "../snapshots.js";
import { compareDocuments } from "./check-documents.js";
import { MemorySearch } from "./memory-search.js";
import type { ModelCheck, ModelEngine, OnProgress, PagesAsIs, SearchPage, StoredState } from "./model-engine.js";
import type { ModelRow, ModelRows } from "./model-row.js";
import { pageOf } from "./page-of.js";
import { type Take, takeFromPages } from "./take.js";

/** All documents in memory, from the nearest snapshot in the sidecar and the events since. */
export class MemoryModel<D extends object> implements ModelEngine<D> {
  readonly kind = "memory";
  readonly #log: EventLog;
  readonly #projection: Projection<D>;
  readonly #rows: ModelRows<D>;
  readonly #snapshots: Snapshots<D>;
  readonly #search: MemorySearch<D>;
  #catchUp: CatchUp<D>;
  #asIs: CatchUp<D> | undefined;

  constructor(log: EventLog, projection: Projection<D>, rows: ModelRows<D>) {
    this.#log = log;
    this.#projection = projection;
    this.#rows = rows;
    this.#search = new MemorySearch(log, projection, rows);
    this.#snapshots = new Snapshots(log, projection);
    this.#catchUp = new CatchUp(log, projection);
  }

  async get(id: string): Promise<D | null> {
    return (await this.#catchUp.current()).documents.get(id) ?? null;
  }

  async query(query: ParsedQuery): Promise<Page<D>> {
    const { documents, offset } = await this.#catchUp.current();
    return queryDocuments(this.#search, documents, query, offset);
  }

  async search(query: ParsedQuery): Promise<SearchPage<D>> {
    const { documents, offset } = await this.#catchUp.current();
    return this.#search.search(documents, query, offset);
  }

  async catchUp(): Promise<boolean> {
    return false;
  }

  /** Of the tail: in memory there is no other answer. Snapshots are read, and none is taken. */
  async searchAsIs(query: ParsedQuery): Promise<SearchPage<D>> {
    this.#asIs ??= new CatchUp(this.#log, this.#projection, Number.POSITIVE_INFINITY);
    const { documents, offset } = await this.#asIs.current();
    return this.#search.search(documents, query, offset);
  }

  /** Of the tail, too. */
  async pagesAsIs(queries: readonly ParsedQuery[]): Promise<PagesAsIs<D>> {
    const { documents, offset, hash } = await this.#catchUp.current();
    const now = new Map(documents); // the map moves on with the next read
    const pages = queries.map(async (query) => {
      const rows = await this.#search.rows([...now], query, offset);
      return evaluate<ModelRow<D>>(rows, query).rows.map(({ document }) => document);
    });
    return { offset, hash, pages: await Promise.all(pages), chars: 0 };
  }

  async take<T>(query: ParsedQuery, { atOnce }: QueueShape, take: Take<D, T>): Promise<T | undefined> {
    return takeFromPages(() => this.query(query), atOnce, take);
  }

  async state(): Promise<StoredState> {
    const snapshot = await this.#snapshots.nearest(Number.MAX_SAFE_INTEGER);
    return { offset: snapshot?.offset ?? 0, documents: snapshot?.documents.size ?? 0 };
  }

  async check(): Promise<ModelCheck> {
    const snapshot = await this.#snapshots.nearest(Number.MAX_SAFE_INTEGER);
    const offset = snapshot?.offset ?? 0;
    const fresh = await foldFresh(this.#log, this.#projection, offset);
    const stored = [...(snapshot?.documents ?? [])].map(([id, document]) => this.#rows.storedOf(id, document));
    return compareDocuments(this.#rows, fresh.documents, stored, offset);
  }

  async rebuild(onProgress?: OnProgress): Promise<void> {
    await this.#snapshots.begin();
    const { offset } = await this.#log.tail();
    const fresh = await foldFresh(this.#log, this.#projection, offset, onProgress);
    await this.#snapshots.keep({ ...fresh, offset: fresh.checkpoint.offset, hash: fresh.checkpoint.hash });
    await this.#snapshots.keepOnly(fresh.checkpoint.offset);
    this.#catchUp = new CatchUp(this.#log, this.#projection);
  }
}

export async function queryDocuments<D extends object>(
  search: MemorySearch<D>,
  documents: ReadonlyMap<string, D>,
  query: ParsedQuery,
  offset: number,
): Promise<Page<D>> {
  // The map moves on with the next read.
  const now = [...documents];
  const found = evaluate<ModelRow<D>>(await search.rows(now, query, offset), query);
  return pageOf(found.rows, query, offset, found.total);
}
