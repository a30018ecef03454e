import { pathMatcher } from "../event-filter.js";
import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { bucketWidth, type OffsetSpan, spanWithin } from "./offset-span.js";
import { type PathPlaces, pathOf, UNNAMED } from "./path-places.js";

export const MAX_HEAT_BUCKETS = 400;
export const MAX_HEAT_ROWS = 200;

export interface HeatOptions {
  /** Inclusive; default all events of the columns. */
  readonly from?: number;
  readonly to?: number;
  /** 1 to {@link MAX_HEAT_BUCKETS}; default 120. */
  readonly buckets?: number;
  /** Paths, 1 to {@link MAX_HEAT_ROWS}; default 24. Those that most events write. */
  readonly limit?: number;
  /** Globs, as in EventFilter: only such paths have a row. */
  readonly paths?: readonly string[];
}

export interface HeatCell {
  /** Place among the buckets of the range, from 0. */
  readonly bucket: number;
  /** That write the path. */
  readonly events: number;
  /** Of the last of them. */
  readonly offset: number;
}

export interface HeatRow {
  /** JSON Pointer, of whatever session. */
  readonly path: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  /** Only those that are not empty, in their order. */
  readonly cells: readonly HeatCell[];
}

export interface Heat extends OffsetSpan {
  /** Offsets in one bucket. */
  readonly width: number;
  /** recordedAt of the first event of each bucket. */
  readonly began: readonly string[];
  /** The one that most events write first. */
  readonly rows: readonly HeatRow[];
  /** Paths of the range that have no row here. */
  readonly others: number;
  /** Events that match. */
  readonly matched: number;
  /** Of these, events that write no path at all: deletions, erased events, those of other streams. */
  readonly pathless: number;
  /** Of these, events with paths that are not told apart: too many in one event or in all, or too long. */
  readonly unnamed: number;
}

/**
 * Which paths of records change, and when: what an audit counts by path, for each stretch of the range. Its work is two scans
 * over the columns of the range and over what its events write.
 *
 * @param places of the same log; the range ends where they end, or the columns
 * @throws UsageError RANGE_INVALID, GLOB_INVALID; TypeError
 */
export function heat(
  columns: EventColumns,
  places: PathPlaces,
  filter: TimelineFilter = {},
  options: HeatOptions = {},
): Heat {
  const { buckets = 120, limit = 24 } = options;
  assertWithin("buckets", buckets, MAX_HEAT_BUCKETS);
  assertWithin("limit", limit, MAX_HEAT_ROWS);
  const span = spanWithin(options, Math.min(columns.count, places.count));
  const width = bucketWidth(span, buckets);
  const matches = columnMatcher(columns, filter);
  const isShown = shownPlaces(places, options.paths);
  const { totals, ...counts } = totalsOf(places, span, matches, isShown);
  const present = [...totals.keys()].filter((path) => totals[path] !== 0);
  present.sort((a, b) => (totals[b] as number) - (totals[a] as number) || a - b);
  const rows = new Map(present.slice(0, limit).map((path) => [path, new GrowingRow(places.paths.textOf(path))]));
  for (let row = span.from - 1; row < span.to; row++) {
    if (!matches(row)) continue;
    const bucket = Math.floor((row + 1 - span.from) / width);
    for (const place of places.of(row)) if (isShown(place)) rows.get(pathOf(place))?.add(row + 1, bucket);
  }
  const found = [...rows.values()].map((row) => row.finished());
  return {
    ...span,
    width,
    began: begins(columns, span, width),
    rows: found,
    others: present.length - rows.size,
    ...counts,
  };
}

function totalsOf(
  places: PathPlaces,
  { from, to }: OffsetSpan,
  matches: (row: number) => boolean,
  isShown: (place: number) => boolean,
) {
  const totals = new Uint32Array(places.paths.texts.length);
  let [matched, pathless, unnamed] = [0, 0, 0];
  for (let row = from - 1; row < to; row++) {
    if (!matches(row)) continue;
    matched++;
    const written = places.of(row);
    if (written.length === 0) pathless++;
    for (const place of written) {
      if (pathOf(place) === UNNAMED) unnamed++;
      else if (isShown(place)) (totals[pathOf(place)] as number)++;
    }
  }
  return { totals, matched, pathless, unnamed };
}

/** Patterns are matched once for each different place. */
function shownPlaces({ paths: { texts } }: PathPlaces, patterns: readonly string[] = []): (place: number) => boolean {
  if (patterns.length === 0) return () => true;
  const isMeant = pathMatcher(patterns);
  const shown = new Uint8Array(texts.length * 2);
  for (const [number, path] of texts.entries()) {
    shown[number * 2] = isMeant({ path, gone: false }) ? 1 : 0;
    shown[number * 2 + 1] = isMeant({ path, gone: true }) ? 1 : 0;
  }
  return (place) => shown[place] === 1;
}

class GrowingRow {
  readonly #path: string;
  readonly #cells: HeatCell[] = [];
  #events = 0;
  #first = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(offset: number, bucket: number): void {
    if (this.#events++ === 0) this.#first = offset;
    const last = this.#cells.at(-1);
    if (last?.bucket !== bucket) this.#cells.push({ bucket, events: 1, offset });
    else Object.assign(last, { events: last.events + 1, offset });
  }

  finished(): HeatRow {
    const last = this.#cells.at(-1)?.offset ?? 0;
    return { path: this.#path, events: this.#events, first: this.#first, last, cells: this.#cells };
  }
}

function begins(columns: EventColumns, { from, to }: OffsetSpan, width: number): string[] {
  const count = Math.max(0, Math.ceil((to - from + 1) / width));
  return Array.from({ length: count }, (_, i) => columns.recordedAt(from + i * width));
}

function assertWithin(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new TypeError(`${name} is a whole number from 1 to ${most}`);
}
