import type { FieldValue } from "../../../query/field-value.js";
import type { SearchTerm } from "../../../query/search-terms.js";
import type { FieldType } from "../../../query/shape.js";
import type { ViewType } from "../../../query/view-shape.js";

/** A statement under construction: its values stand beside the text, in the order of their places. */
export interface SqlText {
  readonly values: SqlParameter[];
  /** The place of a value, typed where the dialect wants it. */
  param(value: SqlParameter, type: FieldType): string;
}

export type SqlParameter = string | number | null;

/** A search, ready to be put into a statement. */
export interface RankedParts {
  /** The tables. */
  readonly documents: string;
  readonly words: string;
  readonly counts: string;
  /** True where rows of words name the event that gave them: of hits that fit as well, the newest come first. */
  readonly placed: boolean;
  /** None is negated; at least one. */
  readonly terms: readonly SearchTerm[];
  /** About the table of the documents, all of which must hold; values are in the statement already. */
  readonly conditions: readonly string[];
  readonly limit: number;
}

/** Where the statements of SQLite and Postgres for read models differ. */
export interface ModelDialect {
  newText(): SqlText;
  readonly columnTypes: Readonly<Record<FieldType, string>>;
  /** True for rows whose text begins so. */
  startsWith(sql: SqlText, column: string, prefix: string): string;
  /** True for rows with all these words and phrases; `words` is the table of the words. */
  search(sql: SqlText, words: string, terms: readonly SearchTerm[]): string;
  /**
   * A statement that gives id, document, steps and place of the best hits: `steps` is the score as src/query/rank.ts counts
   * it, and `place` the offset of the event that gave the text, or 0.
   */
  ranked(sql: SqlText, parts: RankedParts): string;
  /** Said where no value would not come before all others by itself. */
  readonly nullsFirst: string;
  readonly nullsLast: string;
  encode(value: FieldValue): SqlParameter;
  /** A column of a view: of a field's column, or of a member of a JSON text. */
  viewField(column: string, type: ViewType): string;
  viewMember(json: string, member: string, type: ViewType): string;
  /** Of what is said for both. */
  pick<T>(both: { readonly sqlite: T; readonly postgres: T }): T;
}

/**
 * Postgres has no U+0000 in texts, and SQLite's functions stop at one. U+0001 becomes two characters, so that both stay
 * apart; order and beginnings stay as they were.
 */
export function encodeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these two are what it is about
  return /[\u0000\u0001]/.test(text)
    ? text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\u0000", "\u0001\u0001")
    : text;
}

/** A name in quotes; names come from declarations that were checked. */
export function quoted(name: string): string {
  return `"${name}"`;
}
