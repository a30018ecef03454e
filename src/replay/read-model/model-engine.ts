import type { Fault, QueueShape } from "../../log/read-model-tables.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import type { Page } from "../../query/query.js";
import type { Take } from "./take.js";

/** How far the stored documents of a read model are. */
export interface StoredState {
  /** The last event that is in it; 0 where nothing is stored. */
  readonly offset: number;
  readonly documents: number;
  readonly fault?: Fault;
}

/** A document that is stored otherwise than a fresh fold of the log gives it. */
export interface ModelDifference {
  readonly id: string;
  /** `missing`: the fold has it, the store has not; `extra`: the other way round. */
  readonly kind: "missing" | "extra" | "different";
  /** JSON Pointers of what differs; `#name` for a column; empty where the whole document does. */
  readonly paths: readonly string[];
}

export interface ModelCheck {
  /** The stored documents are those of this offset. */
  readonly offset: number;
  /** How many documents a fresh fold gives. */
  readonly documents: number;
  /** At most MAX_DIFFERENCES of them. */
  readonly differences: readonly ModelDifference[];
  readonly differenceCount: number;
}

/** A document that a search found. */
export interface SearchHit<D> {
  readonly document: D;
  /** The higher the better; only comparable within one answer. The same on all backends. */
  readonly score: number;
  /** Data of the event that holds the document's text, as JSON, where it was at hand. */
  readonly data?: string | null;
}

/** The best hits, and the offset at which they were. */
export interface SearchPage<D> {
  readonly offset: number;
  readonly hits: readonly SearchHit<D>[];
  /** There are more. */
  readonly more: boolean;
}

/** What several questions found at one and the same place of the log; at most one more than the limit of each. */
export interface PagesAsIs<D> {
  readonly offset: number;
  readonly hash: string;
  readonly pages: ReadonlyArray<readonly D[]>;
  /** Characters that the documents take where they are stored; 0 where they are in memory anyway. */
  readonly chars: number;
}

/** Called now and then during long work, with the offset that is reached. */
export type OnProgress = (offset: number, of: number) => void;

/** Where the documents of one read model are kept, and how they are brought up to date. */
export interface ModelEngine<D extends object> {
  readonly kind: "table" | "memory";
  get(id: string): Promise<D | null>;
  query(query: ParsedQuery): Promise<Page<D>>;
  /** The best hits of `terms` first; order and cursor of the query do not count. */
  search(query: ParsedQuery): Promise<SearchPage<D>>;
  /** As search, of what is there without writing anything; undefined where that is nothing. */
  searchAsIs(query: ParsedQuery): Promise<SearchPage<D> | undefined>;
  /** The pages of several queries, without writing anything; undefined where they are not of one place, or a projection failed. */
  pagesAsIs(queries: readonly ParsedQuery[]): Promise<PagesAsIs<D> | undefined>;
  take<T>(query: ParsedQuery, queue: QueueShape, take: Take<D, T>): Promise<T | undefined>;
  /** Brings the tables to the tail. @returns false where there are none, or it may not */
  catchUp(): Promise<boolean>;
  /** Of what is stored now, without catching up. */
  state(): Promise<StoredState>;
  check(): Promise<ModelCheck>;
  rebuild(onProgress?: OnProgress): Promise<void>;
}
