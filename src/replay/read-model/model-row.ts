import { type Projection, shapeOf } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import { sha256Hex } from "../../log/hash-chain.js";
import type { ChangedDocument } from "../../log/read-model-tables.js";
import type { QueryRow } from "../../query/evaluate.js";
import { type FieldValue, fieldValue } from "../../query/field-value.js";
import { matchesTerms } from "../../query/search-terms.js";
import { searchTextOf } from "../../query/search-text.js";
import type { FieldShape, ReadModelShape } from "../../query/shape.js";
import { eventTextOf } from "./event-texts.js";

/** A document beside its id, with what queries ask of it. */
export interface ModelRow<D> extends QueryRow {
  readonly document: D;
}

/** Turns documents of one projection into rows. Words of a document are worked out once: documents are frozen. */
export class ModelRows<D extends object> {
  readonly shape: ReadModelShape;
  readonly #projection: Projection<D>;
  readonly #words = new WeakMap<D, string>();

  constructor(projection: Projection<D>) {
    this.#projection = projection;
    this.shape = shapeOf(projection);
  }

  /** True where the texts that are searched stand in events and not in documents. */
  get readsEvents(): boolean {
    return this.#projection.eventText !== undefined;
  }

  /** @param found where texts stand in events: the offsets of those that fit the query */
  rowOf(id: string, document: D, found?: ReadonlyMap<number, number>): ModelRow<D> {
    return {
      id,
      document,
      fieldOf: (field) => this.#fieldOf(document, field),
      matches: (terms) =>
        this.readsEvents
          ? (found?.has(this.textOffset(document)) ?? false)
          : matchesTerms(this.searchTextOf(document), terms),
    };
  }

  /** Of the event that gave the document its text; 0 where no field says that. */
  textOffset(document: D): number {
    return Number(this.#projection.fields[this.shape.textOffsetField ?? ""]?.of(document) ?? 0);
  }

  /** @param eventAt the events of the page that changed the document, where texts stand in events */
  storedOf(id: string, document: D, eventAt: (offset: number) => SealedEvent | undefined = noEvent): ChangedDocument {
    const values = this.shape.fields.map((field) => this.#fieldOf(document, field));
    return { id, body: JSON.stringify(document), values, ...this.#storedWords(document, eventAt) };
  }

  /** Words of an older event are stored already: the same hash says so, which also names their event, where one is known. */
  #storedWords(
    document: D,
    eventAt: (offset: number) => SealedEvent | undefined,
  ): Pick<ChangedDocument, "searchText" | "wordsHash"> {
    const offset = this.textOffset(document);
    if (this.readsEvents) {
      const event = eventAt(offset);
      return { searchText: event === undefined ? "" : eventTextOf(this.#projection, event), wordsHash: `@${offset}` };
    }
    const searchText = this.#wordsOf(document);
    const hash = searchText === "" ? "" : sha256Hex(searchText).slice(0, 16);
    return { searchText, wordsHash: this.shape.textOffsetField === undefined ? hash : `${hash}@${offset}` };
  }

  #fieldOf(document: D, { name, type }: FieldShape): FieldValue {
    return fieldValue(type, this.#projection.fields[name]?.of(document));
  }

  /** As src/query/search-text.ts makes it. */
  searchTextOf(document: D): string {
    const known = this.#words.get(document);
    if (known !== undefined) return known;
    const words = this.#wordsOf(document);
    this.#words.set(document, words);
    return words;
  }

  #wordsOf(document: D): string {
    const texts = this.#projection.search?.(document) ?? [];
    return searchTextOf(texts.filter((text): text is string => typeof text === "string"));
  }
}

function noEvent(): undefined {
  return undefined;
}
