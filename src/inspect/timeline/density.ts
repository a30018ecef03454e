import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { bucketWidth, type OffsetSpan, spanWithin } from "./offset-span.js";

export const MAX_BUCKETS = 2_000;
/** What is told apart in a picture; all others are one group. */
export const MAX_GROUPS = 7;

export interface DensityOptions {
  /** Inclusive; default all events of the columns. */
  readonly from?: number;
  readonly to?: number;
  /** 1 to {@link MAX_BUCKETS}; default 240. */
  readonly buckets?: number;
  readonly by?: "type" | "actor";
}

export interface DensityBucket extends OffsetSpan {
  /** recordedAt of its first event, and of the first one behind it (or of its last, at the end of the log). */
  readonly began: string;
  readonly ended: string;
  /** Events that match, for each group. */
  readonly counts: readonly number[];
  /** Events that do not match. */
  readonly hidden: number;
}

export interface Density extends OffsetSpan {
  readonly by: "type" | "actor";
  /** Those with most events first; null stands last, for all others, where there are more than {@link MAX_GROUPS}. */
  readonly groups: ReadonlyArray<string | null>;
  /** Side by side, without gaps, each as wide as the first; the last may be narrower. */
  readonly buckets: readonly DensityBucket[];
  readonly matched: number;
  readonly hidden: number;
}

/**
 * How many events of which kind lie where. Its work is one scan over the columns of the range, whatever the events hold.
 *
 * @throws UsageError RANGE_INVALID, GLOB_INVALID; TypeError
 */
export function density(columns: EventColumns, filter: TimelineFilter = {}, options: DensityOptions = {}): Density {
  const { by = "type", buckets = 240 } = options;
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > MAX_BUCKETS) {
    throw new TypeError(`buckets is a whole number from 1 to ${MAX_BUCKETS}`);
  }
  const span = spanWithin(options, columns.count);
  const matches = columnMatcher(columns, filter);
  const column = columns[by];
  const { groups, groupOf } = grouping(columns, span, by);
  const width = bucketWidth(span, buckets);
  const result: DensityBucket[] = [];
  let matched = 0;
  for (let from = span.from; from <= span.to; from += width) {
    const to = Math.min(from + width - 1, span.to);
    const counts = new Array<number>(groups.length).fill(0);
    let hidden = 0;
    for (let row = from - 1; row < to; row++) {
      if (!matches(row)) hidden++;
      else (counts[groupOf[column[row] as number] as number] as number)++;
    }
    matched += to - from + 1 - hidden;
    const [began, ended] = [columns.recordedAt(from), columns.recordedAt(Math.min(to + 1, columns.count))];
    result.push({ from, to, began, ended, counts, hidden });
  }
  const total = Math.max(0, span.to - span.from + 1);
  return { ...span, by, groups, buckets: result, matched, hidden: total - matched };
}

/** Groups are those of the range without the filter, so that a colour keeps its meaning while people filter. */
function grouping(columns: EventColumns, { from, to }: OffsetSpan, by: "type" | "actor") {
  const { texts } = columns[`${by}s`];
  const totals = new Uint32Array(texts.length);
  const column = columns[by];
  for (let row = from - 1; row < to; row++) (totals[column[row] as number] as number)++;
  const present = [...totals.keys()].filter((number) => totals[number] !== 0);
  const ranked = present.sort((a, b) => (totals[b] as number) - (totals[a] as number) || a - b);
  const named = ranked.length > MAX_GROUPS + 1 ? ranked.slice(0, MAX_GROUPS) : ranked;
  const groups: Array<string | null> = named.map((number) => texts[number] as string);
  if (named.length < ranked.length) groups.push(null);
  const groupOf = new Uint32Array(texts.length).fill(named.length);
  for (const [group, number] of named.entries()) groupOf[number] = group;
  return { groups, groupOf };
}
