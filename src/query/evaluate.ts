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
  const { after, order } = query;
  const first = new FirstPlaces<R>(order, query.limit + 1);
  let total = 0;
  for (const row of rows) {
    if (!matches(row, query)) continue;
    total++;
    const place = placeOf(row, order);
    if (after === undefined || comparePlaces(place, after, order) > 0) first.add({ row, place });
  }
  return { rows: first.rows(), total };
}

/** The first `count` of many in an order: a page out of a long list, of which the rest is neither kept nor sorted. */
class FirstPlaces<R> {
  readonly #order: readonly Order[];
  readonly #count: number;
  #kept: Placed<R>[] = [];
  /** The last one of those that count now, once there are so many: whatever comes behind it is none of them. */
  #bar: Place | undefined;

  constructor(order: readonly Order[], count: number) {
    this.#order = order;
    this.#count = count;
  }

  add(placed: Placed<R>): void {
    if (this.#bar !== undefined && comparePlaces(placed.place, this.#bar, this.#order) > 0) return;
    this.#kept.push(placed);
    // Sorted once in so many, so that each costs no more than the logarithm of a page.
    if (this.#kept.length >= 2 * this.#count) this.#cut();
  }

  rows(): R[] {
    this.#cut();
    return this.#kept.map(({ row }) => row);
  }

  #cut(): void {
    this.#kept = inPlaceOrder(this.#kept, this.#order).slice(0, this.#count);
    if (this.#kept.length === this.#count) this.#bar = this.#kept.at(-1)?.place;
  }
}

/** In the order of a query. */
export function inOrder<R extends QueryRow>(rows: Iterable<R>, order: readonly Order[]): R[] {
  const placed = Array.from(rows, (row) => ({ row, place: placeOf(row, order) }));
  return inPlaceOrder(placed, order).map(({ row }) => row);
}

function inPlaceOrder<R>(placed: readonly Placed<R>[], order: readonly Order[]): Placed<R>[] {
  return placed.toSorted((a, b) => comparePlaces(a.place, b.place, order));
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
