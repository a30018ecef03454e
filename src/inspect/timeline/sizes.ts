import { NewestDays } from "../newest-days.js";
import { SizeTally } from "../size-tally.js";
import type { EventColumns } from "./event-columns.js";
import { type OffsetSpan, spanWithin } from "./offset-span.js";

const DAY_MS = 86_400_000;

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
  /** Only days with events, oldest first, at most the newest 366. */
  readonly days: readonly SizeOfDay[];
}

/** What takes the room: text of data and meta, by type and by day. @throws UsageError RANGE_INVALID */
export function sizes(columns: EventColumns, range: { readonly from?: number; readonly to?: number } = {}): Sizes {
  const span = spanWithin(range, columns.count);
  const byType = new SizeTally<number>();
  const byDay = new NewestDays<number, SizeTally<number>>(() => new SizeTally());
  for (let row = span.from - 1; row < span.to; row++) {
    const [type, chars] = [columns.type[row] as number, columns.chars[row] as number];
    byType.add(type, chars);
    byDay.of(Math.floor((columns.timeMs[row] as number) / DAY_MS)).add(type, chars);
  }
  const order = byType.largest();
  const types = order.map(({ key, events, size }) => ({ type: columns.types.textOf(key), events, chars: size }));
  const days = byDay.all().map(([day, ofDay]): SizeOfDay => {
    const all = ofDay.largest();
    return {
      day: new Date(day * DAY_MS).toISOString().slice(0, 10),
      events: sum(all.map(({ events }) => events)),
      chars: sum(all.map(({ size }) => size)),
      byType: order.map(({ key }) => ofDay.of(key)),
    };
  });
  return { ...span, types, days };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
