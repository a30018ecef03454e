import type { Projection } from "../../../projections/projection.js";
import type { EventLog } from "../../log/event-log.js";
import { matches } from "../../query/evaluate.js";
import { compareText } from "../../query/field-value.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import { bm25 } from "../../query/rank.js";
import { EventTexts } from "./event-texts.js";
import type { SearchPage } from "./model-engine.js";
import type { ModelRow, ModelRows } from "./model-row.js";
import { countOf } from "./text-index.js";

interface Scored<D> {
  readonly row: ModelRow<D>;
  readonly score: number;
}

/** Searches documents in memory: in the words that they hold, or in those of their events. */
export class MemorySearch<D extends object> {
  readonly #rows: ModelRows<D>;
  readonly #texts: EventTexts<D>;

  constructor(log: EventLog, projection: Projection<D>, rows: ModelRows<D>) {
    this.#rows = rows;
    this.#texts = new EventTexts(log, projection);
  }

  /** Documents as queries see them. */
  async rows(documents: Iterable<readonly [string, D]>, query: ParsedQuery, offset: number): Promise<ModelRow<D>[]> {
    const now = [...documents];
    const found = await this.#found(now, query, offset);
    return Array.from(now, ([id, document]) => this.#rows.rowOf(id, document, found));
  }

  async search(documents: ReadonlyMap<string, D>, query: ParsedQuery, offset: number): Promise<SearchPage<D>> {
    // The map moves on with the next read.
    const now = [...documents];
    const found = await this.#found(now, query, offset);
    const rows = now.map(([id, document]) => this.#rows.rowOf(id, document, found));
    const matching = rows.filter((row) => matches(row, query));
    const scored = found === undefined ? this.#scored(rows, matching, query) : this.#scoredBy(matching, found);
    scored.sort((a, b) => b.score - a.score || this.#compareRows(a.row, b.row));
    const hits = scored.slice(0, query.limit).map(({ row, score }) => ({ document: row.document, score }));
    return { offset, hits, more: scored.length > query.limit };
  }

  /** The newest first; by id where it is not known which one that is. */
  #compareRows(a: ModelRow<D>, b: ModelRow<D>): number {
    return this.#rows.textOffset(b.document) - this.#rows.textOffset(a.document) || compareText(a.id, b.id);
  }

  async #found(
    documents: ReadonlyArray<readonly [string, D]>,
    { terms }: ParsedQuery,
    offset: number,
  ): Promise<ReadonlyMap<number, number> | undefined> {
    if (terms.length === 0 || !this.#rows.readsEvents) return undefined;
    const among = documents.map(([, document]) => this.#rows.textOffset(document));
    return this.#texts.find(terms, among, offset);
  }

  #scoredBy(matching: readonly ModelRow<D>[], found: ReadonlyMap<number, number>): Scored<D>[] {
    return matching.map((row) => ({ row, score: found.get(this.#rows.textOffset(row.document)) ?? 0 }));
  }

  #scored(rows: readonly ModelRow<D>[], matching: readonly ModelRow<D>[], { terms }: ParsedQuery): Scored<D>[] {
    const texts = rows.map(({ document }) => this.#rows.searchTextOf(document));
    const wanted = terms
      .filter(({ negated }) => !negated)
      .map(({ words, prefix }) => ` ${words.join(" ")}${prefix ? "" : " "}`);
    const statistics = wanted.map((text) => ({ containing: texts.filter((one) => one.includes(text)).length }));
    const all = { texts: texts.length, words: texts.reduce((sum, text) => sum + wordCount(text), 0) };
    return matching.map((row) => {
      const text = this.#rows.searchTextOf(row.document);
      const counts = wanted.map((one) => countOf(text, one));
      return { row, score: bm25(counts, wordCount(text), statistics, all) };
    });
  }
}

function wordCount(searchText: string): number {
  return Math.max(0, countOf(searchText, " ") - 1);
}
