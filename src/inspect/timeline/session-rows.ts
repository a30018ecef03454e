import { sessionIdOf } from "../../../projections/sessions.js";
import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";

export interface SessionRowsOptions {
  /** As the log was after this offset. */
  readonly at: number;
  /** Only sessions with an event that matches at or behind this offset. Default 1. */
  readonly from?: number;
  /** Only ids that hold this text, in any case. */
  readonly text?: string;
  /** Of those that match, leave out so many at the beginning. Default 0. */
  readonly skip?: number;
  readonly limit: number;
}

/** A session as its events tell, without its record. */
export interface SessionRow {
  readonly session: string;
  /** Up to then. */
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly lastType: string;
  readonly lastActor: string;
  readonly lastAt: string;
}

export interface SessionRows {
  /** The last changed first. */
  readonly rows: readonly SessionRow[];
  /** Sessions that match, also those beyond the limit. */
  readonly total: number;
}

/** The sessions with events that meet the filter by then. @throws UsageError GLOB_INVALID */
export function sessionRows(
  columns: EventColumns,
  filter: TimelineFilter,
  { at, from = 1, text = "", skip = 0, limit }: SessionRowsOptions,
): SessionRows {
  const matches = columnMatcher(columns, filter);
  const streams = columns.streams.texts;
  const [events, first, last] = [0, 0, 0].map(() => new Uint32Array(streams.length)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const isMeant = new Uint8Array(streams.length);
  const end = Math.min(at, columns.count);
  for (let row = 0; row < end; row++) {
    const number = columns.stream[row] as number;
    if ((events[number] as number)++ === 0) first[number] = row + 1;
    last[number] = row + 1;
    if (isMeant[number] === 0 && row + 1 >= from && matches(row)) isMeant[number] = 1;
  }
  const wanted = text.toLowerCase();
  const isWanted = (number: number): boolean => {
    const id = isMeant[number] === 1 ? sessionIdOf(streams[number] as string) : undefined;
    return id !== undefined && (wanted === "" || id.toLowerCase().includes(wanted));
  };
  const found = [...streams.keys()].filter(isWanted).sort((a, b) => (last[b] as number) - (last[a] as number));
  const rows = found.slice(skip, skip + limit).map((number): SessionRow => {
    const lastOffset = last[number] as number;
    return {
      session: sessionIdOf(streams[number] as string) as string,
      events: events[number] as number,
      first: first[number] as number,
      last: lastOffset,
      lastType: columns.types.textOf(columns.type[lastOffset - 1] as number),
      lastActor: columns.actors.textOf(columns.actor[lastOffset - 1] as number),
      lastAt: columns.recordedAt(lastOffset),
    };
  });
  return { rows, total: found.length };
}
