import type { EventColumns } from "./event-columns.js";
import { type OffsetSpan, spanWithin } from "./offset-span.js";

const DAY_MS = 86_400_000;
/** The newest ones are told. */
export const MAX_SIZE_DAYS = 366;

export interface SizeOfType {
  readonly type: string;
  readonly events: number;
  /** UTF-16 units of data and meta. */
  readonly chars: number;
}

export interface SizeOfDay {
  /** UTC, `2026-01-31`. */
  readonly day: string;
  readonly events: number;
  readonly chars: number;
  /** By place in `types`. */
  readonly byType: readonly number[];
}

export interface Sizes extends OffsetSpan {
  /** The largest first. */
  readonly types: readonly SizeOfType[];
  /** Only days with events, oldest first, at most the newest {@link MAX_SIZE_DAYS}. */
  readonly days: readonly SizeOfDay[];
}

/** What takes the room: text of data and meta, by type and by day. @throws UsageError RANGE_INVALID */
export function sizes(columns: EventColumns, range: { readonly from?: number; readonly to?: number } = {}): Sizes {
  const span = spanWithin(range, columns.count);
  const byType = new Map<number, { events: number; chars: number }>();
  const byDay = new Map<number, Map<number, { events: number; chars: number }>>();
  for (let row = span.from - 1; row < span.to; row++) {
    const [type, chars] = [columns.type[row] as number, columns.chars[row] as number];
    const day = Math.floor((columns.timeMs[row] as number) / DAY_MS);
    const ofDay = byDay.get(day) ?? new Map<number, { events: number; chars: number }>();
    byDay.set(day, ofDay);
    add(byType, type, chars);
    add(ofDay, type, chars);
  }
  const order = [...byType.keys()].sort((a, b) => (byType.get(b)?.chars ?? 0) - (byType.get(a)?.chars ?? 0));
  const types = order.map((number) => ({ type: columns.types.textOf(number), ...(byType.get(number) ?? NOTHING) }));
  const days = [...byDay].slice(-MAX_SIZE_DAYS).map(([day, counts]): SizeOfDay => {
    const all = [...counts.values()];
    return {
      day: new Date(day * DAY_MS).toISOString().slice(0, 10),
      events: sum(all.map(({ events }) => events)),
      chars: sum(all.map(({ chars }) => chars)),
      byType: order.map((number) => counts.get(number)?.chars ?? 0),
    };
  });
  return { ...span, types, days };
}

const NOTHING = { events: 0, chars: 0 };

function add(counts: Map<number, { events: number; chars: number }>, key: number, chars: number): void {
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { events: 1, chars });
  else {
    known.events++;
    known.chars += chars;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
