import { freeze } from "immer";
import type { Projection } from "../../../projections/projection.js";
import type { EventLog } from "../../log/event-log.js";
import type {
  ModelState,
  QueueShape,
  ReadModelTables,
  StoredDocument,
  StoredHits,
  StoredPage,
} from "../../log/read-model-tables.js";
import { inOrder } from "../../query/evaluate.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import type { Page } from "../../query/query.js";
import { foldFresh, SNAPSHOT_EVERY_EVENTS } from "../fold-log.js";
import { hashAt } from "../hash-at.js";
import { ProjectionStopped } from "../projection-stopped.js";
import { compareDocuments } from "./check-documents.js";
import { MemoryModel } from "./memory-model.js";
import type { ModelCheck, ModelEngine, OnProgress, PagesAsIs, SearchPage, StoredState } from "./model-engine.js";
import { ModelFold } from "./model-fold.js";
import type { ModelRow, ModelRows } from "./model-row.js";
import { Overlay } from "./overlay.js";
import { pageOf } from "./page-of.js";
import { parsedDocument } from "./parsed-document.js";
import { readModelBusy, TableProgress } from "./table-progress.js";
import { type Take, takeFromPages, takeOffered } from "./take.js";

/** Others may cut the log or swap the tables while a question is asked; then it is asked again. */
const MAX_ATTEMPTS = 10;
const SCAN_ROWS = 1_000;

/** Documents in a table beside the log. Who may not write there gets the missing events laid over it in memory. */
export class TableModel<D extends object> implements ModelEngine<D> {
  readonly kind = "table";
  readonly #log: EventLog;
  readonly #tables: ReadModelTables;
  readonly #projection: Projection<D>;
  readonly #rows: ModelRows<D>;
  readonly #fold: ModelFold<D>;
  readonly #memory: MemoryModel<D>;
  readonly #progress: TableProgress<D>;
  #catchingUp: Promise<ModelState | null> | undefined;

  constructor(log: EventLog, tables: ReadModelTables, projection: Projection<D>, rows: ModelRows<D>) {
    this.#log = log;
    this.#tables = tables;
    this.#projection = projection;
    this.#rows = rows;
    this.#fold = new ModelFold(projection, rows);
    this.#memory = new MemoryModel(log, projection, rows);
    this.#progress = new TableProgress(log, tables, projection, rows, this.#fold);
  }

  get(id: string): Promise<D | null> {
    return this.#answer(
      (tables) => tables.read(this.#rows.shape, [id]),
      ({ documents: [found] }) => (found === undefined ? null : this.#documentOf(found.body)),
      (overlay) => overlay.get(id),
      () => this.#memory.get(id),
    );
  }

  query(query: ParsedQuery): Promise<Page<D>> {
    return this.#answer(
      (tables) => tables.query(this.#rows.shape, query, []),
      ({ documents, state, total = 0 }: StoredPage) => {
        const rows = documents.map(({ id, body }) => this.#rows.rowOf(id, this.#documentOf(body)));
        return pageOf(inOrder<ModelRow<D>>(rows, query.order), query, state.offset, total);
      },
      (overlay) => overlay.query(query),
      () => this.#memory.query(query),
      // What is laid over the table does not know the words of events.
      (overlay) => overlay.isCurrent || query.terms.length === 0 || !this.#rows.readsEvents,
    );
  }

  search(query: ParsedQuery): Promise<SearchPage<D>> {
    const askMemory = () => this.#memory.search(query);
    if (this.#tables.search === undefined) return askMemory();
    const answer = (stored: StoredHits) => this.#pageOf(stored, query);
    return this.#answer(
      async (tables) => (await tables.search?.(this.#rows.shape, query)) ?? null,
      answer,
      async (overlay) => {
        const stored = overlay.isCurrent ? await this.#tables.search?.(this.#rows.shape, query) : undefined;
        return stored?.state.offset === overlay.offset ? answer(stored) : undefined;
      },
      askMemory,
      (overlay) => overlay.isCurrent,
    );
  }

  async searchAsIs(query: ParsedQuery): Promise<SearchPage<D> | undefined> {
    const tail = await this.#log.tail();
    const stored = await this.#tables.search?.(this.#rows.shape, query);
    if (stored?.state.hash === tail.hash) return this.#pageOf(stored, query);
    // So few are folded as fast as they are found.
    if (tail.offset < SNAPSHOT_EVERY_EVENTS) return this.#memory.searchAsIs(query);
    if (stored === undefined || stored === null || stored.state.offset === 0) return undefined;
    const isOfThisLog = (await hashAt(this.#log, stored.state.offset)) === stored.state.hash;
    return isOfThisLog ? this.#pageOf(stored, query) : undefined;
  }

  async pagesAsIs(queries: readonly ParsedQuery[]): Promise<PagesAsIs<D> | undefined> {
    let [place, chars]: [ModelState | undefined, number] = [undefined, 0];
    const pages: D[][] = [];
    for (const query of queries) {
      const stored = await this.#tables.query(this.#rows.shape, query, []);
      if (stored === null || stored.state.fault !== undefined) return undefined;
      if (place !== undefined && place.hash !== stored.state.hash) return undefined;
      place = stored.state;
      for (const { body } of stored.documents) chars += body.length;
      const rows = stored.documents.map(({ id, body }) => this.#rows.rowOf(id, this.#documentOf(body)));
      pages.push(inOrder<ModelRow<D>>(rows, query.order).map(({ document }) => document));
    }
    return place === undefined ? undefined : { offset: place.offset, hash: place.hash, pages, chars };
  }

  async take<T>(query: ParsedQuery, queue: QueueShape, take: Take<D, T>): Promise<T | undefined> {
    const { shape } = this.#rows;
    const fromPages = () => takeFromPages(() => this.query(query), queue.atOnce, take);
    if (this.#tables.offer === undefined) return fromPages();
    const offer = async () =>
      (await this.#tables.offer?.(shape, query, queue, (bodies) =>
        take(bodies.map((body) => this.#documentOf(body))),
      )) ?? null;
    return takeOffered(offer, () => this.catchUp(), fromPages);
  }

  async catchUp(): Promise<boolean> {
    const state = await this.#catchUp((await this.#log.tail()).offset);
    if (state?.fault !== undefined) throw this.#stopped(state);
    return state !== null;
  }

  async state(): Promise<StoredState> {
    const { shape } = this.#rows;
    const found = (await this.#tables.list()).find(({ name, revision, rebuilding }) => {
      return name === shape.name && revision === shape.revision && !rebuilding;
    });
    return found ?? { offset: 0, documents: 0 };
  }

  async check(): Promise<ModelCheck> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const scanned = await this.#scanAll();
      if (scanned === undefined) continue;
      const fresh = await foldFresh(this.#log, this.#projection, scanned.offset);
      return compareDocuments(this.#rows, fresh.documents, scanned.documents, scanned.offset);
    }
    throw readModelBusy(this.#projection.name);
  }

  async rebuild(onProgress?: OnProgress): Promise<void> {
    const state = await this.#progress.rebuild(onProgress);
    if (state?.fault !== undefined) throw this.#stopped(state);
  }

  /** Asks the table once it is at the tail; or, where it cannot be brought there, what is laid over it. */
  async #answer<S extends { readonly state: ModelState }, T>(
    ask: (tables: ReadModelTables) => Promise<S | null>,
    answer: (stored: S) => T,
    askOverlay: (overlay: Overlay<D>) => Promise<T | undefined>,
    askMemory: () => Promise<T>,
    canAnswer: (overlay: Overlay<D>) => boolean = () => true,
  ): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const tail = await this.#log.tail();
      const state = await this.#catchUp(tail.offset);
      if (state === null) {
        const overlay = await Overlay.over(this.#log, this.#tables, this.#rows, this.#fold, tail);
        if (overlay === undefined || !canAnswer(overlay)) return askMemory();
        const answered = await askOverlay(overlay);
        if (answered !== undefined) return answered;
        continue;
      }
      if (state.fault !== undefined) throw this.#stopped(state);
      const stored = await ask(this.#tables);
      if (stored !== null && stored.state.offset >= tail.offset) return answer(stored);
    }
    throw readModelBusy(this.#projection.name);
  }

  /** Callers of one process share the steps that are under way, and look again when these end before their own tail. */
  async #catchUp(offset: number): Promise<ModelState | null> {
    const state = await this.#catchingUp?.catch(() => undefined); // its caller gets the error; we try ourselves
    if (state !== undefined && (state === null || state.fault !== undefined || state.offset >= offset)) return state;
    const mine = this.#progress.catchUp(offset);
    this.#catchingUp = mine;
    try {
      return await mine;
    } finally {
      if (this.#catchingUp === mine) this.#catchingUp = undefined;
    }
  }

  /** @returns undefined where the table moved on between two pages */
  async #scanAll(): Promise<{ offset: number; documents: StoredDocument[] } | undefined> {
    const documents: StoredDocument[] = [];
    let offset: number | undefined;
    for (;;) {
      const page = await this.#tables.scan(this.#rows.shape, documents.at(-1)?.id ?? null, SCAN_ROWS);
      if (page === null) return { offset: 0, documents: [] };
      offset ??= page.state.offset;
      if (page.state.offset !== offset) return undefined;
      documents.push(...page.documents);
      if (page.documents.length < SCAN_ROWS) return { offset, documents };
    }
  }

  #pageOf({ documents, state }: StoredHits, { limit }: ParsedQuery): SearchPage<D> {
    const hits = documents.slice(0, limit).map(({ body, score, data }) => {
      return { document: this.#documentOf(body), score, data };
    });
    return { offset: state.offset, hits, more: documents.length > limit };
  }

  #documentOf(body: string): D {
    return freeze(parsedDocument<D>(this.#projection.name, body), true);
  }

  #stopped({ fault }: ModelState): ProjectionStopped {
    return new ProjectionStopped(this.#projection.name, fault?.offset ?? 0, fault?.why ?? "");
  }
}
