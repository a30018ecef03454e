import { columnMatcher, type TimelineFilter } from "./column-matcher.js";
import type { EventColumns } from "./event-columns.js";
import { type OffsetSpan, spanWithin } from "./offset-span.js";
import type { TextTable } from "./text-table.js";

/** Actors, and types, that are told apart; all others are one. */
export const MAX_MATRIX_SIDE = 40;

export interface MatrixSide {
  /** null stands last, for all others together. */
  readonly value: string | null;
  /** That match. */
  readonly events: number;
}

export interface MatrixCell {
  /** Places in `actors` and `types`. */
  readonly actor: number;
  readonly type: number;
  readonly events: number;
  /** Of the last of them. */
  readonly offset: number;
}

export interface ActorTypes extends OffsetSpan {
  /** Those with most events first, at most {@link MAX_MATRIX_SIDE} and the others. */
  readonly actors: readonly MatrixSide[];
  readonly types: readonly MatrixSide[];
  /** Only those that are not empty. */
  readonly cells: readonly MatrixCell[];
  readonly matched: number;
  readonly hidden: number;
}

/**
 * Who did what, how often: the events that match, by actor and type. Sums over a side are what an audit counts by it.
 *
 * @param most of actors and of types that are told apart, 1 to {@link MAX_MATRIX_SIDE}
 * @throws UsageError RANGE_INVALID, GLOB_INVALID
 */
export function actorTypes(
  columns: EventColumns,
  filter: TimelineFilter = {},
  range: { readonly from?: number; readonly to?: number } = {},
  most: number = MAX_MATRIX_SIDE,
): ActorTypes {
  const span = spanWithin(range, columns.count);
  const matches = columnMatcher(columns, filter);
  const counts = new Map<number, { events: number; offset: number }>();
  const typeCount = columns.types.texts.length;
  let matched = 0;
  for (let row = span.from - 1; row < span.to; row++) {
    if (!matches(row)) continue;
    matched++;
    const pair = (columns.actor[row] as number) * typeCount + (columns.type[row] as number);
    const count = counts.get(pair);
    if (count === undefined) counts.set(pair, { events: 1, offset: row + 1 });
    else [count.events, count.offset] = [count.events + 1, row + 1];
  }
  const pairs = [...counts].map(([pair, count]): Pair => {
    return { actor: Math.floor(pair / typeCount), type: pair % typeCount, ...count };
  });
  const actors = ranked(columns.actors, pairs, "actor", most);
  const types = ranked(columns.types, pairs, "type", most);
  const hidden = Math.max(0, span.to - span.from + 1) - matched;
  return { ...span, actors: actors.sides, types: types.sides, cells: cellsOf(pairs, actors, types), matched, hidden };
}

type Pair = Record<"actor" | "type" | "events" | "offset", number>;

interface Ranked {
  readonly sides: MatrixSide[];
  /** Of the number of a text. */
  readonly placeOf: (number: number) => number;
}

function ranked({ texts }: TextTable, pairs: readonly Pair[], side: "actor" | "type", most: number): Ranked {
  const totals = new Map<number, number>();
  for (const pair of pairs) totals.set(pair[side], (totals.get(pair[side]) ?? 0) + pair.events);
  const all = [...totals].sort(([a, x], [b, y]) => y - x || a - b);
  const named = all.length > most + 1 ? all.slice(0, most) : all;
  const sides: MatrixSide[] = named.map(([number, events]) => ({ value: texts[number] as string, events }));
  const others = all.slice(named.length).reduce((sum, [, events]) => sum + events, 0);
  if (others > 0) sides.push({ value: null, events: others });
  const places = new Map(named.map(([number], place) => [number, place]));
  return { sides, placeOf: (number) => places.get(number) ?? named.length };
}

function cellsOf(pairs: readonly Pair[], actors: Ranked, types: Ranked): MatrixCell[] {
  const cells = new Map<string, { actor: number; type: number; events: number; offset: number }>();
  for (const pair of pairs) {
    const [actor, type] = [actors.placeOf(pair.actor), types.placeOf(pair.type)];
    const cell = cells.get(`${actor} ${type}`) ?? { actor, type, events: 0, offset: 0 };
    cell.events += pair.events;
    cell.offset = Math.max(cell.offset, pair.offset);
    cells.set(`${actor} ${type}`, cell);
  }
  return [...cells.values()].sort((a, b) => a.actor - b.actor || a.type - b.type);
}
