import { UsageError } from "../errors.js";
import { decodeCursor, fingerprintOf } from "./cursor.js";
import { type FieldValue, fieldValue, MAX_KEY_CHARS, wellFormedText } from "./field-value.js";
import {
  type Comparison,
  DEFAULT_LIMIT,
  MAX_CHOICES,
  MAX_LIMIT,
  type OrderBy,
  type Place,
  type Query,
} from "./query.js";
import { parseSearch, type SearchTerm } from "./search-terms.js";
import { type FieldShape, ID_FIELD, type ReadModelShape } from "./shape.js";

export type Operator = "lt" | "lte" | "gt" | "gte";

/** One thing that must hold of a document. A field without a value holds none of the operators. */
export type Condition =
  | {
      readonly kind: "among";
      readonly field: FieldShape;
      readonly values: readonly FieldValue[];
      readonly negated: boolean;
    }
  | { readonly kind: "compare"; readonly field: FieldShape; readonly operator: Operator; readonly value: FieldValue }
  | { readonly kind: "startsWith"; readonly field: FieldShape; readonly prefix: string };

export interface Order {
  readonly field: FieldShape;
  readonly descending: boolean;
}

/** A query that fits its read model. The order ends with the id, so it has no ties. */
export interface ParsedQuery {
  readonly conditions: readonly Condition[];
  readonly terms: readonly SearchTerm[];
  readonly order: readonly Order[];
  readonly limit: number;
  readonly after: Place | undefined;
  readonly total: boolean;
  /** Of where, search and order: cursors carry it. */
  readonly fingerprint: string;
}

/** @throws UsageError QUERY_INVALID, CURSOR_INVALID */
export function parseQuery(shape: ReadModelShape, query: Query = {}): ParsedQuery {
  const { where = {}, search, orderBy = [], limit = DEFAULT_LIMIT, cursor, total = false } = query;
  if (search !== undefined && !shape.searchable) throw invalid(shape, "its documents have no text to search in");
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(shape, `limit is a whole number from 1 to ${MAX_LIMIT}, not ${String(limit)}`);
  }
  const asked = {
    conditions: Object.entries(where).flatMap(([name, comparison]) => conditionsOf(shape, name, comparison)),
    terms: search === undefined ? [] : parseSearch(search),
    order: orderOf(shape, orderBy),
  };
  const fingerprint = fingerprintOf(shape, asked);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, fingerprint, asked.order.length - 1);
  return { ...asked, limit, after, total, fingerprint };
}

function orderOf(shape: ReadModelShape, orderBy: readonly OrderBy[]): Order[] {
  const order = orderBy.map(({ field, direction = "asc" }): Order => {
    if (direction !== "asc" && direction !== "desc") throw invalid(shape, `direction is asc or desc, not ${direction}`);
    return { field: fieldNamed(shape, field), descending: direction === "desc" };
  });
  const names = order.map(({ field }) => field.name);
  if (new Set(names).size < names.length) throw invalid(shape, "a field stands twice in orderBy");
  const byId = names.indexOf(ID_FIELD.name);
  if (byId !== -1) return order.slice(0, byId + 1); // nothing behind an id can matter
  return [...order, { field: ID_FIELD, descending: order.at(-1)?.descending ?? false }];
}

function conditionsOf(shape: ReadModelShape, name: string, comparison: Comparison): Condition[] {
  const field = fieldNamed(shape, name);
  if (comparison === null || typeof comparison !== "object") return [among(shape, field, [comparison], false)];
  return Object.entries(comparison)
    .filter(([, wanted]) => wanted !== undefined)
    .map(([operator, wanted]) => conditionOf(shape, field, operator, wanted));
}

function conditionOf(shape: ReadModelShape, field: FieldShape, operator: string, wanted: unknown): Condition {
  switch (operator) {
    case "eq":
      return among(shape, field, [wanted], false);
    case "ne":
      return among(shape, field, [wanted], true);
    case "exists":
      if (typeof wanted !== "boolean") throw invalid(shape, `exists takes true or false, not ${show(wanted)}`);
      return among(shape, field, [null], wanted);
    case "in":
      if (!Array.isArray(wanted) || wanted.length > MAX_CHOICES) {
        throw invalid(shape, `in takes a list of at most ${MAX_CHOICES} values`);
      }
      return among(shape, field, wanted, false);
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return { kind: "compare", field, operator, value: valueFor(shape, field, wanted) };
    case "startsWith":
      return { kind: "startsWith", field, prefix: prefixFor(shape, field, wanted) };
    default:
      throw invalid(
        shape,
        `there is no comparison ${show(operator)}: eq, ne, in, lt, lte, gt, gte, startsWith, exists`,
      );
  }
}

function among(shape: ReadModelShape, field: FieldShape, wanted: readonly unknown[], negated: boolean): Condition {
  const values = wanted.map((value) => (value === null ? null : valueFor(shape, field, value)));
  return { kind: "among", field, values, negated };
}

function valueFor(shape: ReadModelShape, field: FieldShape, wanted: unknown): FieldValue {
  const value =
    field === ID_FIELD && typeof wanted === "string" ? wellFormedText(wanted) : fieldValue(field.type, wanted);
  if (value === null) throw invalid(shape, `${field.name} holds ${field.type}, which ${show(wanted)} is not`);
  return value;
}

function prefixFor(shape: ReadModelShape, field: FieldShape, wanted: unknown): string {
  if (field.type !== "text" || typeof wanted !== "string") throw invalid(shape, "startsWith takes a text, for a text");
  if ([...wanted.slice(0, 2 * MAX_KEY_CHARS + 1)].length > MAX_KEY_CHARS) {
    throw invalid(shape, `startsWith takes at most ${MAX_KEY_CHARS} characters`);
  }
  return wellFormedText(wanted);
}

function fieldNamed(shape: ReadModelShape, name: string): FieldShape {
  if (name === ID_FIELD.name) return ID_FIELD;
  const field = shape.fields.find((one) => one.name === name);
  if (field !== undefined) return field;
  throw invalid(shape, `there is no field ${show(name)} to ask for`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function invalid({ name, fields }: ReadModelShape, message: string): UsageError {
  return new UsageError("QUERY_INVALID", `${name}: ${message}`, {
    hint: `fields of ${name}: ${["id", ...fields.map((field) => `${field.name} (${field.type})`)].join(", ")}`,
  });
}
