import { type Projection, shapeOf } from "../../../projections/projection.js";
import { sha256Hex } from "../../log/hash-chain.js";
import type { ChangedDocument } from "../../log/read-model-tables.js";
import type { QueryRow } from "../../query/evaluate.js";
import { type FieldValue, fieldValue } from "../../query/field-value.js";
import { searchTextOf } from "../../query/search-text.js";
import type { FieldShape, ReadModelShape } from "../../query/shape.js";

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

  rowOf(id: string, document: D): ModelRow<D> {
    return {
      id,
      document,
      fieldOf: (field) => this.#fieldOf(document, field),
      searchText: () => this.#searchTextOf(document),
    };
  }

  storedOf(id: string, document: D): ChangedDocument {
    const values = this.shape.fields.map((field) => this.#fieldOf(document, field));
    const searchText = this.#wordsOf(document);
    const wordsHash = searchText === "" ? "" : sha256Hex(searchText).slice(0, 16);
    return { id, body: JSON.stringify(document), values, searchText, wordsHash };
  }

  #fieldOf(document: D, { name, type }: FieldShape): FieldValue {
    return fieldValue(type, this.#projection.fields[name]?.of(document));
  }

  #searchTextOf(document: D): string {
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
