import { compareText, compareValues, type FieldValue } from "./field-value.js";
import type { Condition, Order, ParsedQuery } from "./parse-query.js";
import type { Place } from "./query.js";
import type { SearchTerm } from "./search-terms.js";
import { type FieldShape, ID_FIELD } from "./shape.js";

/** A document as queries see it. */
export interface QueryRow {
  readonly id: string;
  fieldOf(field: FieldShape): FieldValue;
  /** Whether all these words and phrases hold. */
  matches(terms: readonly SearchTerm[]): boolean;
}

export interface Evaluated<R> {
  /** At most the query's limit and one more, which tells that there is a next page. */
  readonly rows: R[];
  /** How many match on all pages. */
  readonly total: number;
}

/** What the tables of SQL answer, worked out in memory. */
export function evaluate<R extends QueryRow>(rows: Iterable<R>, query: ParsedQuery): Evaluated<R> {
  const found: Placed<R>[] = [];
  for (const row of rows) if (matches(row, query)) found.push({ row, place: placeOf(row, query.order) });
  const { after, order } = query;
  const rest = after === undefined ? found : found.filter(({ place }) => comparePlaces(place, after, order) > 0);
  return { rows: sorted(rest, order).slice(0, query.limit + 1), total: found.length };
}

/** In the order of a query. */
export function inOrder<R extends QueryRow>(rows: Iterable<R>, order: readonly Order[]): R[] {
  return sorted(
    Array.from(rows, (row) => ({ row, place: placeOf(row, order) })),
    order,
  );
}

function sorted<R>(placed: readonly Placed<R>[], order: readonly Order[]): R[] {
  return placed.toSorted((a, b) => comparePlaces(a.place, b.place, order)).map(({ row }) => row);
}

interface Placed<R> {
  readonly row: R;
  readonly place: Place;
}

export function placeOf(row: QueryRow, order: readonly Order[]): Place {
  return { values: order.slice(0, -1).map(({ field }) => row.fieldOf(field)), id: row.id };
}

/** @returns below 0 where a comes first; 0 only for the same document */
export function comparePlaces(a: Place, b: Place, order: readonly Order[]): number {
  for (const [i, { descending }] of order.entries()) {
    const isLast = i === order.length - 1;
    const sign = isLast ? compareText(a.id, b.id) : compareValues(a.values[i] ?? null, b.values[i] ?? null);
    if (sign !== 0) return descending ? -sign : sign;
  }
  return 0;
}

/** Whether all that the query asks of a document holds, whatever its page. */
export function matches(row: QueryRow, { conditions, terms }: ParsedQuery): boolean {
  if (!conditions.every((condition) => holds(condition, fieldOf(row, condition.field)))) return false;
  return terms.length === 0 || row.matches(terms);
}

function fieldOf(row: QueryRow, field: FieldShape): FieldValue {
  return field === ID_FIELD ? row.id : row.fieldOf(field);
}

function holds(condition: Condition, value: FieldValue): boolean {
  switch (condition.kind) {
    case "among":
      return condition.values.includes(value) !== condition.negated;
    case "startsWith":
      return typeof value === "string" && value.startsWith(condition.prefix);
    case "compare":
      return value !== null && compared(condition.operator, compareValues(value, condition.value));
    default:
      throw new TypeError(`unhandled ${condition satisfies never}`);
  }
}

function compared(operator: "lt" | "lte" | "gt" | "gte", sign: number): boolean {
  switch (operator) {
    case "lt":
      return sign < 0;
    case "lte":
      return sign <= 0;
    case "gt":
      return sign > 0;
    case "gte":
      return sign >= 0;
    default:
      throw new TypeError(`unhandled ${operator satisfies never}`);
  }
}
