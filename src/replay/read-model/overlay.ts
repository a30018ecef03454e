import { freeze } from "immer";
import type { SealedEvent } from "../../log/event.js";
import type { EventLog } from "../../log/event-log.js";
import { eventsOf } from "../../log/paging.js";
import type { ReadModelTables } from "../../log/read-model-tables.js";
import type { Tail } from "../../log/seal.js";
import { evaluate } from "../../query/evaluate.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import type { Page } from "../../query/query.js";
import { ProjectionStopped } from "../projection-stopped.js";
import type { ModelFold } from "./model-fold.js";
import type { ModelRow, ModelRows } from "./model-row.js";
import { pageOf } from "./page-of.js";
import { parsedDocument } from "./parsed-document.js";

/** More missing events than this, and all documents are folded in memory instead. */
export const MAX_OVERLAY_EVENTS = 10_000;

/**
 * The documents that changed since a table's checkpoint, for readers who cannot bring the table up to date: a user who
 * may only read, a replica. Its answers are those of the tail it was made for.
 */
export class Overlay<D extends object> {
  readonly #tables: ReadModelTables;
  readonly #rows: ModelRows<D>;
  readonly #checkpoint: number;
  readonly #tail: Tail;
  /** By id; null for a document that is no more. */
  readonly #changed: ReadonlyMap<string, D | null>;

  private constructor(
    tables: ReadModelTables,
    rows: ModelRows<D>,
    checkpoint: number,
    tail: Tail,
    changed: ReadonlyMap<string, D | null>,
  ) {
    this.#tables = tables;
    this.#rows = rows;
    this.#checkpoint = checkpoint;
    this.#tail = tail;
    this.#changed = changed;
  }

  /** @returns undefined where there is no table, or it is too far behind or of another history */
  static async over<D extends object>(
    log: EventLog,
    tables: ReadModelTables,
    rows: ModelRows<D>,
    fold: ModelFold<D>,
    tail: Tail,
  ): Promise<Overlay<D> | undefined> {
    const state = await tables.state(rows.shape);
    if (state === null || state.fault !== undefined || state.offset === 0) return undefined;
    if (state.offset > tail.offset || tail.offset - state.offset > MAX_OVERLAY_EVENTS) return undefined;
    const missing = await eventsSince(log, state, tail.offset);
    if (missing === undefined) return undefined;
    const ids = fold.idsOf(missing);
    const stored = await tables.read(rows.shape, ids);
    if (stored?.state.offset !== state.offset) return undefined;
    const bodies = new Map(stored.documents.map(({ id, body }) => [id, body]));
    const { changed, fault } = fold.fold(missing, bodies);
    if (fault !== undefined) throw new ProjectionStopped(rows.shape.name, fault.offset, fault.why);
    const documents = new Map<string, D | null>(ids.map((id) => [id, null]));
    for (const { id, body } of changed) documents.set(id, freeze(parsedDocument<D>(rows.shape.name, body), true));
    return new Overlay(tables, rows, state.offset, tail, documents);
  }

  /** Nothing that the table holds has changed since its checkpoint. */
  get isCurrent(): boolean {
    return this.#changed.size === 0;
  }

  /** Of the table's checkpoint. */
  get offset(): number {
    return this.#checkpoint;
  }

  /** @returns undefined where somebody has brought the table up to date meanwhile: ask again */
  async get(id: string): Promise<D | null | undefined> {
    const changed = this.#changed.get(id);
    if (changed !== undefined) return changed;
    const stored = await this.#tables.read(this.#rows.shape, [id]);
    if (stored?.state.offset !== this.#checkpoint) return undefined;
    const [found] = stored.documents;
    return found === undefined ? null : freeze(parsedDocument<D>(this.#rows.shape.name, found.body), true);
  }

  /** @returns undefined as get */
  async query(query: ParsedQuery): Promise<Page<D> | undefined> {
    const stored = await this.#tables.query(this.#rows.shape, query, [...this.#changed.keys()]);
    if (stored?.state.offset !== this.#checkpoint) return undefined;
    const rows: ModelRow<D>[] = [];
    for (const [id, document] of this.#changed) if (document !== null) rows.push(this.#rows.rowOf(id, document));
    const total = (stored.total ?? 0) + evaluate(rows, query).total;
    for (const { id, body } of stored.documents) {
      rows.push(this.#rows.rowOf(id, freeze(parsedDocument<D>(this.#rows.shape.name, body), true)));
    }
    return pageOf(evaluate(rows, query).rows, query, this.#tail.offset, total);
  }
}

/** The events behind a checkpoint; undefined where its hash is none of this log's. */
async function eventsSince(
  log: EventLog,
  { offset, hash }: { readonly offset: number; readonly hash: string },
  to: number,
): Promise<SealedEvent[] | undefined> {
  const events: SealedEvent[] = [];
  let known = false;
  for await (const event of eventsOf(log.readAll({ from: offset, to }))) {
    if (known) events.push(event);
    else if (event.hash !== hash) return undefined;
    known = true;
  }
  return known ? events : undefined;
}
