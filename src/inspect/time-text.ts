import { UsageError } from "../errors.js";

const AGO = /^(\d{1,9})(s|m|h|d|w)$/;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** A day, and perhaps a time of day with or without a zone. */
const TIME =
  /^(?:(today|yesterday)|(\d{4})-(\d\d)-(\d\d))(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

interface WrittenTime {
  readonly day: readonly [year: number, month: number, day: number];
  /** undefined where only a day is written. */
  readonly clock: readonly [hour: number, minute: number, second: number, ms: number] | undefined;
  /** Minutes east of UTC; undefined where it is local time. */
  readonly zone: number | undefined;
}

/**
 * Understands `90m` and `7d` (ago), `2026-01-31T10:00:00Z`, `2026-01-31 10:00`, `today 18:00`, `yesterday`. Without a zone
 * it is local time. A day alone is its beginning: local midnight, or later where the clocks were put forward over it. Of
 * an hour that comes twice, when the clocks are put back, the first is taken; a time that they skip is refused.
 *
 * @returns undefined where the text is no time, also no real one (30 February)
 * @throws UsageError POINT_INVALID for a time that was skipped
 */
export function readTime(text: string, now: Date): Date | undefined {
  const ago = AGO.exec(text);
  if (ago !== null) return real(new Date(now.getTime() - Number(ago[1]) * (UNIT_MS[ago[2] as string] as number)));
  const written = writtenTime(text, now);
  if (written === undefined || !isReal(written)) return undefined;
  const { day, clock = [0, 0, 0, 0], zone } = written;
  const [year, month, date] = day;
  if (zone !== undefined) return real(new Date(Date.UTC(year, month, date, ...clock) - zone * 60_000));
  const time = new Date(year, month, date, ...clock);
  if (written.clock !== undefined && (time.getHours() !== clock[0] || time.getMinutes() !== clock[1])) {
    throw skipped(text, time);
  }
  return real(time);
}

function writtenTime(text: string, now: Date): WrittenTime | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, word, year, month, day, hour, minute, second = "0", fraction = "0", zone] = match;
  const back = word === "yesterday" ? 1 : 0;
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate() - back);
  return {
    day:
      word === undefined
        ? [Number(year), Number(month) - 1, Number(day)]
        : [today.getFullYear(), today.getMonth(), today.getDate()],
    clock:
      hour === undefined
        ? undefined
        : [Number(hour), Number(minute), Number(second), Math.floor(Number(`0.${fraction}`) * 1000)],
    zone: zone === undefined ? undefined : zoneMinutes(zone),
  };
}

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}

/** Dates roll over on their own: 30 February would be 2 March. Years below 100 would be those of the last century. */
function isReal({ day: [year, month, day], clock = [0, 0, 0, 0], zone = 0 }: WrittenTime): boolean {
  const date = new Date(Date.UTC(year, month, day));
  const [hour, minute, second] = clock;
  return (
    year >= 100 &&
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    Math.abs(zone) < 24 * 60
  );
}

function real(time: Date): Date | undefined {
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function skipped(text: string, next: Date): UsageError {
  const message = `${text} was no time here: the clocks were put forward over it, to ${next.toISOString()}`;
  return new UsageError("POINT_INVALID", message, { hint: "write the time with its zone, for example with Z for UTC" });
}
