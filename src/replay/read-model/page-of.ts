import { encodeCursor } from "../../query/cursor.js";
import { placeOf } from "../../query/evaluate.js";
import type { ParsedQuery } from "../../query/parse-query.js";
import type { Page } from "../../query/query.js";
import type { ModelRow } from "./model-row.js";

/** @param rows in order; one more than the limit where there is a next page */
export function pageOf<D>(rows: readonly ModelRow<D>[], query: ParsedQuery, offset: number, total: number): Page<D> {
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const goesOn = last !== undefined && rows.length > query.limit;
  const next = goesOn ? encodeCursor(placeOf(last, query.order), query.fingerprint) : null;
  const documents = shown.map(({ document }) => document);
  return { offset, documents, next, ...(query.total ? { total } : {}) };
}
