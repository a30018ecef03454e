import type { FieldValue } from "../query/field-value.js";
import type { ParsedQuery } from "../query/parse-query.js";
import type { ReadModelShape } from "../query/shape.js";
import type { SealedEvent } from "./event.js";
import type { Tail } from "./seal.js";

/** A document as it is stored, with the values of the declared fields in their order. */
export interface StoredDocument {
  readonly id: string;
  /** JSON. */
  readonly body: string;
  readonly values: readonly FieldValue[];
  /** Of its words, so that they are indexed again only when they change; "" where there are none. */
  readonly wordsHash: string;
}

/** A document to be stored, with its words. */
export interface ChangedDocument extends StoredDocument {
  /** As searchTextOf makes it; "" where nothing is searched. */
  readonly searchText: string;
}

/** Why a read model goes no further: its projection failed at this event. */
export interface Fault {
  readonly offset: number;
  readonly why: string;
}

/** How far a read model is. */
export interface ModelState {
  /** The last event that is in it, and its hash; 0 and the genesis hash for none. */
  readonly offset: number;
  readonly hash: string;
  readonly fault?: Fault;
  /** Of a rebuild: another process has put the tables in place, or has begun anew. */
  readonly isOver?: true;
}

/** What one page of events does to the documents. */
export interface FoldedPage {
  readonly changed: readonly ChangedDocument[];
  readonly removed: readonly string[];
  /** The events before it are folded; this one and all behind it are not. */
  readonly fault?: Fault;
}

/** A projection as storage runs it: pure and synchronous, so that it fits inside a transaction. */
export interface PageFold {
  /** Ids of the documents that these events belong to. */
  idsOf(events: readonly SealedEvent[]): readonly string[];
  /** `bodies` holds the stored JSON of those of them that have a document. */
  fold(events: readonly SealedEvent[], bodies: ReadonlyMap<string, string>): FoldedPage;
}

export interface StoredPage {
  readonly state: ModelState;
  /** In any order; at most as many as the query's limit and one more, which tells that there is a next page. */
  readonly documents: ReadonlyArray<{ readonly id: string; readonly body: string }>;
  /** Where the query asked for it. */
  readonly total: number | undefined;
}

/** What a search found, best first; one more than the query's limit where there are more. */
export interface StoredHits {
  readonly state: ModelState;
  readonly documents: ReadonlyArray<{
    readonly id: string;
    readonly body: string;
    readonly score: number;
    /** Of the event that holds its text, as JSON; null where that is long, or there is none. */
    readonly data: string | null;
  }>;
}

export interface ModelSummary extends ModelState {
  readonly name: string;
  readonly revision: number;
  readonly table: string;
  readonly rebuilding: boolean;
  readonly documents: number;
}

/** How the documents of a queue hang together with their streams. */
export interface QueueShape {
  /** Before the id of a document, it gives its stream. */
  readonly streamPrefix: string;
  /** The declared field that holds the version of the stream. */
  readonly versionField: string;
  /** How many documents are offered together: 1 or more. */
  readonly atOnce: number;
  /** Events that bring something into the queue, or back into it. */
  readonly bringing: readonly string[];
  /** Events that bring it back later: where this member of their data is not above `now`. Texts are compared. */
  readonly lapsing: { readonly types: readonly string[]; readonly member: string; readonly now: string };
}

/** Tables that are further behind are caught up before something is taken: what they do not know is looked up one by one. */
export const MAX_QUEUE_LAG = 200;

/** A document and its stream. */
export interface DocumentQuery {
  readonly shape: ReadModelShape;
  readonly id: string;
  readonly stream: string;
  /** The declared field that holds the version of the stream at the last event that is in the document. */
  readonly versionField: string;
}

/** A document as tables hold it, and what its stream has got since: all of one instant, so together they are the present. */
export interface DocumentRead {
  /** JSON; null where the tables hold none, and then there is at least one event. */
  readonly body: string | null;
  /** Of the stream, at the last event that is in the document; 0 for none. */
  readonly version: number;
  /** All events of the stream behind that version, in order. */
  readonly newer: readonly SealedEvent[];
}

/** Where a document lacks more events than this, its stream is read in another way. */
export const MAX_NEWER_EVENTS = 200;

/** Which of the tables of a model: the one that answers, or the one that is built beside it. */
export type ModelSide = "live" | "beside";

/**
 * The documents of a whole log on their way into tables of their own, which nobody asks before they are in place. Who fills
 * tables of the same model meanwhile has others.
 *
 * It is over for good where these tables were dropped or emptied: data was erased, another process has put its own in place,
 * or a newer revision makes room. What a process leaves that is killed is dropped when the next tables are put in place.
 */
export interface ModelFill {
  /** The end of the log where it is written, when this began. Events are to be read after that: none holds what was erased before. */
  readonly tail: Tail;

  /** Adds documents, none of which is there yet, in one transaction: few, as appends may wait for it. @returns false where it is over */
  write(documents: readonly ChangedDocument[]): Promise<boolean>;

  /**
   * Puts the tables in the place of the live ones, in one transaction; the next step goes on from there.
   *
   * @param end the last event that is in the documents
   * @returns false where it is over, the log has no such event any more, or the live tables are as far; nothing has changed then
   * @throws where the live tables cannot be dropped, as somebody's own view shows them; nothing has changed then, either
   */
  finish(end: Pick<Tail, "offset" | "hash">): Promise<boolean>;

  /** Drops the tables, if they are still there and not in place. */
  abandon(): Promise<void>;
}

/**
 * Read models as tables beside the log, in the same database. Caches, as everything but the log: whoever reads brings
 * them up to date, and losing them loses no fact.
 *
 * Several readers, of several processes, may call everything at once; a step is taken by one of them, and the others
 * find it done.
 */
export interface ReadModelTables {
  /**
   * Takes one step towards the tail: one page of events, their changes and the new checkpoint in one transaction.
   * Makes the live tables where there are none. Begins anew where the log was cut back behind the checkpoint.
   * A step that finds nothing new, or a fault, changes nothing.
   *
   * @returns null where this user may only read
   */
  advance(shape: ReadModelShape, fold: PageFold, side: ModelSide): Promise<ModelState | null>;

  /**
   * Makes empty tables, for documents that are folded elsewhere: of a long log that is sooner done than the steps. Where the
   * storage cannot do that, this is absent, and there are steps.
   *
   * @param replaces true where the live tables are to be replaced however far they are, as by a rebuild
   * @returns null where the live tables must stay, as rights were given on them
   * @throws where this user may not
   */
  beginFill?(shape: ReadModelShape, replaces: boolean): Promise<ModelFill | null>;

  /** How far the live tables are; null where there are none. */
  state(shape: ReadModelShape): Promise<ModelState | null>;

  /** One page and the checkpoint at which it was true. Documents of the ids in `without` are left out. */
  query(shape: ReadModelShape, query: ParsedQuery, without: readonly string[]): Promise<StoredPage | null>;

  /**
   * The documents that fit best first, as src/query/rank.ts weighs them; where two fit as well, the one whose text is newer,
   * or by id where the shape names no field for that; and the checkpoint at which that was true. Order and
   * cursor of the query do not count. Where it is not there, readers search in memory.
   */
  search?(shape: ReadModelShape, query: ParsedQuery): Promise<StoredHits | null>;

  /** The documents of these ids that are there, at one checkpoint. */
  read(shape: ReadModelShape, ids: readonly string[]): Promise<Pick<StoredPage, "state" | "documents"> | null>;

  /** Whole rows in the order of their ids, behind `after` (null: from the first), at one checkpoint each call. */
  scan(shape: ReadModelShape, after: string | null, limit: number): Promise<ScannedRows | null>;

  /** Makes empty tables beside the live ones, instead of any that an earlier rebuild has left. @throws where it may not */
  beginRebuild(shape: ReadModelShape): Promise<void>;

  /** Puts the tables beside in the place of the live ones, in one transaction. */
  finishRebuild(shape: ReadModelShape): Promise<void>;

  /**
   * Gives the first documents of a query to `act`, for queues: whether or not the tables are at the tail, only documents
   * whose streams have no event that they do not know. Where the storage can, they are held until `act` has ended, and
   * others who take at the same time get the next ones. It promises nothing more: what decides is the expected version of
   * the append that `act` makes. `act` must not ask for read models.
   *
   * @returns "behind" where the tables must be caught up first: something has come to the queue, or nothing was found and
   *   there is more in the log; null where there is nothing that is free
   */
  offer?<T>(
    shape: ReadModelShape,
    query: ParsedQuery,
    queue: QueueShape,
    act: (bodies: readonly string[]) => Promise<T>,
  ): Promise<{ readonly result: T } | "behind" | null>;

  /** All read models of this log, of whatever program. */
  list(): Promise<ModelSummary[]>;
}

export interface ScannedRows {
  readonly state: ModelState;
  readonly documents: readonly StoredDocument[];
}
