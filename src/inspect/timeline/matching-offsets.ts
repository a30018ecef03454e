import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { type OffsetSpan, spanWithin } from "./offset-span.js";

export interface AroundOptions {
  readonly from?: number;
  readonly to?: number;
  /** The place to look around: this offset itself counts among `before`. */
  readonly around: number;
  /** At most so many at or before `around` … */
  readonly before: number;
  /** … and behind it. */
  readonly after: number;
}

export interface MatchingOffsets extends OffsetSpan {
  /** Ascending. */
  readonly offsets: readonly number[];
  /** Whether there are more that match, in the range, on either side. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
}

/** The events nearest to a place that match. @throws UsageError RANGE_INVALID, GLOB_INVALID */
export function matchingOffsets(
  columns: EventColumns,
  filter: TimelineFilter,
  options: AroundOptions,
): MatchingOffsets {
  const matches = columnMatcher(columns, filter);
  return nearestOffsets(columns.count, (offset) => matches(offset - 1), options);
}

/** The same of all events of a log of `count`, of which nothing else needs to be known. @throws UsageError RANGE_INVALID */
export function offsetsAround(count: number, options: AroundOptions): MatchingOffsets {
  return nearestOffsets(count, () => true, options);
}

function nearestOffsets(
  count: number,
  matches: (offset: number) => boolean,
  { around, before, after, ...range }: AroundOptions,
): MatchingOffsets {
  const span = spanWithin(range, count);
  const older: number[] = [];
  for (let offset = Math.min(around, span.to); offset >= span.from && older.length <= before; offset--) {
    if (matches(offset)) older.push(offset);
  }
  const newer: number[] = [];
  for (let offset = Math.max(around + 1, span.from); offset <= span.to && newer.length <= after; offset++) {
    if (matches(offset)) newer.push(offset);
  }
  return {
    ...span,
    offsets: [...older.slice(0, before).reverse(), ...newer.slice(0, after)],
    moreBefore: older.length > before,
    moreAfter: newer.length > after,
  };
}
