import { sessionIdOf } from "../../../projections/sessions.js";
import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { bucketWidth, type OffsetSpan, spanWithin } from "./offset-span.js";

export interface LanesOptions {
  readonly from?: number;
  readonly to?: number;
  /** Cells of a lane; default 240. */
  readonly buckets?: number;
  /** Lanes; default 24. Those with most events in the range. */
  readonly limit?: number;
}

export interface LaneCell {
  /** Place among the buckets of the range, from 0. */
  readonly bucket: number;
  readonly events: number;
  /** Of the last event in it. */
  readonly type: string;
  readonly actor: string;
  readonly offset: number;
}

export interface Lane {
  readonly stream: string;
  /** null where the stream is none of a session. */
  readonly session: string | null;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  /** Only those that are not empty. */
  readonly cells: readonly LaneCell[];
}

export interface Lanes extends OffsetSpan {
  /** Offsets in one bucket. */
  readonly width: number;
  /** In the order of their first event. */
  readonly lanes: readonly Lane[];
  /** Streams of the range that have no lane here. */
  readonly others: number;
}

/** One row a stream, for those with most events that match. @throws UsageError RANGE_INVALID, GLOB_INVALID */
export function lanes(columns: EventColumns, filter: TimelineFilter = {}, options: LanesOptions = {}): Lanes {
  const { buckets = 240, limit = 24 } = options;
  const span = spanWithin(options, columns.count);
  const matches = columnMatcher(columns, filter);
  const width = bucketWidth(span, buckets);
  const { chosen, others } = busiest(columns, span, matches, limit);
  const growing = new Map(chosen.map((number) => [number, new GrowingLane(columns, number)]));
  for (let row = span.from - 1; row < span.to; row++) {
    const lane = growing.get(columns.stream[row] as number);
    if (lane !== undefined && matches(row)) lane.add(row, Math.floor((row + 1 - span.from) / width));
  }
  const found = [...growing.values()].map((lane) => lane.finished()).sort((a, b) => a.first - b.first);
  return { ...span, width, lanes: found, others };
}

function busiest(columns: EventColumns, span: OffsetSpan, matches: (row: number) => boolean, limit: number) {
  const totals = new Uint32Array(columns.streams.texts.length);
  for (let row = span.from - 1; row < span.to; row++) {
    if (matches(row)) (totals[columns.stream[row] as number] as number)++;
  }
  const present = [...totals.keys()].filter((number) => totals[number] !== 0);
  present.sort((a, b) => (totals[b] as number) - (totals[a] as number) || a - b);
  return { chosen: present.slice(0, limit), others: Math.max(0, present.length - limit) };
}

class GrowingLane {
  readonly #columns: EventColumns;
  readonly #stream: string;
  readonly #cells: Array<{ bucket: number; events: number; row: number }> = [];
  #events = 0;
  #first = 0;

  constructor(columns: EventColumns, stream: number) {
    this.#columns = columns;
    this.#stream = columns.streams.textOf(stream);
  }

  add(row: number, bucket: number): void {
    if (this.#events++ === 0) this.#first = row + 1;
    const last = this.#cells.at(-1);
    if (last?.bucket !== bucket) this.#cells.push({ bucket, events: 1, row });
    else Object.assign(last, { events: last.events + 1, row });
  }

  finished(): Lane {
    const { types, type, actors, actor } = this.#columns;
    const cells = this.#cells.map(({ bucket, events, row }) => {
      const last = { type: types.textOf(type[row] as number), actor: actors.textOf(actor[row] as number) };
      return { bucket, events, ...last, offset: row + 1 };
    });
    return {
      stream: this.#stream,
      session: sessionIdOf(this.#stream) ?? null,
      events: this.#events,
      first: this.#first,
      last: cells.at(-1)?.offset ?? 0,
      cells,
    };
  }
}
