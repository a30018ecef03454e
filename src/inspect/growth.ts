/** Whole days that are looked back on, from the day of the last event. Less than what is kept of single days. */
const WINDOWS = [7, 30, 365];
const DAY_MS = 86_400_000;

/** What was added in so many days. */
export interface Growth {
  /** Calendar days (UTC), also those without events. The last one is the day of the last event, as far as it went. */
  readonly days: number;
  readonly events: number;
  readonly bytes: number;
  /** Rounded to hundredths, and to whole bytes. */
  readonly eventsPerDay: number;
  readonly bytesPerDay: number;
}

interface Added {
  readonly events: number;
  readonly bytes: number;
}

/**
 * @param days oldest first; those that are not there have no events, or lie before what any window reaches
 * @param firstAt recordedAt of the first event of `all`; undefined where there is none
 */
export function growthOf(
  days: ReadonlyArray<Added & { readonly day: string }>,
  all: Added,
  firstAt: string | undefined,
): Growth[] {
  const last = days.at(-1);
  if (last === undefined || firstAt === undefined) return [];
  const ageOf = (day: string) => Math.round((Date.parse(last.day) - Date.parse(day)) / DAY_MS);
  const span = Math.max(1, ageOf(firstAt.slice(0, 10)) + 1);
  const windows = WINDOWS.filter((width) => width < span).map((width) => {
    const within = days.filter(({ day }) => ageOf(day) < width);
    return perDay(width, sum(within.map(({ events }) => events)), sum(within.map(({ bytes }) => bytes)));
  });
  return [...windows, perDay(span, all.events, all.bytes)];
}

function perDay(days: number, events: number, bytes: number): Growth {
  return {
    days,
    events,
    bytes,
    eventsPerDay: Math.round((events / days) * 100) / 100,
    bytesPerDay: Math.round(bytes / days),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
