import type { FieldValue } from "./field-value.js";

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1_000;
/** Values of one `in`. */
export const MAX_CHOICES = 1_000;

type Scalar = string | number | boolean;

/**
 * What a field must be: a value, null for "has none", or any of these, of which all must hold. Order is that of
 * `orderBy`. `ne` and `exists: false` also find documents that have no value.
 */
export type Comparison =
  | Scalar
  | null
  | {
      readonly eq?: Scalar | null;
      readonly ne?: Scalar | null;
      readonly in?: readonly (Scalar | null)[];
      readonly lt?: Scalar;
      readonly lte?: Scalar;
      readonly gt?: Scalar;
      readonly gte?: Scalar;
      /** Texts only: at most 256 characters. */
      readonly startsWith?: string;
      readonly exists?: boolean;
    };

export interface OrderBy {
  /** A declared field, or `id`. */
  readonly field: string;
  /** Default `asc`. Documents without a value come first in `asc` and last in `desc`. */
  readonly direction?: "asc" | "desc";
}

/** A question to a read model. All backends give the same documents in the same order. */
export interface Query {
  /** By declared field, or `id`; all must hold. */
  readonly where?: Readonly<Record<string, Comparison>>;
  /**
   * Words that must all occur: `word`, `begin*`, `"a phrase"`, `-without`. Everything else in it is no syntax. Case,
   * accents and punctuation do not matter.
   */
  readonly search?: string;
  /** Documents that are equal in all of these are ordered by id, in the direction of the last one. Default: by id. */
  readonly orderBy?: readonly OrderBy[];
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** `next` of the page before, asked with the same where, search and orderBy. */
  readonly cursor?: string;
  /** Also count all that match. */
  readonly total?: boolean;
}

/** A page of documents, and the offset at which it was true. */
export interface Page<D> {
  readonly offset: number;
  readonly documents: readonly D[];
  /** Cursor of the next page; null where this is the last one. */
  readonly next: string | null;
  /** Where the query asked for it: how many match on all pages. */
  readonly total?: number;
}

/** Where a document stands in an order: the values of the fields that it goes by, and the id. */
export interface Place {
  readonly values: readonly FieldValue[];
  readonly id: string;
}
