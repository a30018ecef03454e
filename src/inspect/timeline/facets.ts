import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { type OffsetSpan, spanWithin } from "./offset-span.js";
import type { TextTable } from "./text-table.js";

/** Different values that are told. */
export const MAX_FACET_VALUES = 200;

export interface FacetValue {
  readonly value: string;
  readonly events: number;
}

export interface Facets extends OffsetSpan {
  /** Those with most events first, at most {@link MAX_FACET_VALUES}; zero where only another condition hides them. */
  readonly types: readonly FacetValue[];
  readonly actors: readonly FacetValue[];
  readonly matched: number;
  readonly hidden: number;
}

/**
 * Which types and actors a range has. Each list is counted without the condition on itself, so that people see what
 * else they could choose.
 *
 * @throws UsageError RANGE_INVALID, GLOB_INVALID
 */
export function facets(
  columns: EventColumns,
  filter: TimelineFilter = {},
  range: { readonly from?: number; readonly to?: number } = {},
): Facets {
  const span = spanWithin(range, columns.count);
  const matches = columnMatcher(columns, filter);
  const { types: _types, ...withoutTypes } = filter;
  const { actors: _actors, ...withoutActors } = filter;
  let matched = 0;
  for (let row = span.from - 1; row < span.to; row++) if (matches(row)) matched++;
  return {
    ...span,
    types: counted(columns.types, columns.type, span, columnMatcher(columns, withoutTypes)),
    actors: counted(columns.actors, columns.actor, span, columnMatcher(columns, withoutActors)),
    matched,
    hidden: Math.max(0, span.to - span.from + 1) - matched,
  };
}

function counted(
  { texts }: TextTable,
  column: Uint32Array,
  { from, to }: OffsetSpan,
  matches: (row: number) => boolean,
): FacetValue[] {
  const counts = new Uint32Array(texts.length);
  for (let row = from - 1; row < to; row++) if (matches(row)) (counts[column[row] as number] as number)++;
  const values = texts.map((value, number) => ({ value, events: counts[number] as number }));
  return values.sort((a, b) => b.events - a.events || (a.value < b.value ? -1 : 1)).slice(0, MAX_FACET_VALUES);
}
