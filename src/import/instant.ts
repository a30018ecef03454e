import type { ForeignValue } from "../log/foreign-database.js";

/** ISO 8601 and what databases print: a zone is taken as it is, none means UTC. */
const TIME =
  /^([+-]?\d{4,6})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)?$/i;

/** A point in time to the nanosecond: whole seconds since 1970, and the rest. */
export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** From a text, or from a number of seconds since 1970 (of milliseconds or microseconds, where it is that large). */
export function instantOf(value: ForeignValue): Instant | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return fromEpoch(value);
  if (typeof value !== "string") return undefined;
  if (/^\d{1,16}$/.test(value)) return fromEpoch(Number(value));
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone = "Z"] = TIME.exec(value) ?? [];
  if (year === undefined) return undefined;
  const [mon, d, h, min, s] = [month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), mon - 1, d); // not Date.UTC, which takes the year 1 for 1901
  const ms = date.setUTCHours(h, min, s);
  // Date takes the 31st of February for the 3rd of March, and a 13th month for the next January.
  const isRead = date.getUTCMonth() === mon - 1 && date.getUTCDate() === d && date.getUTCHours() === h;
  if (Number.isNaN(ms) || !isRead || min > 59 || s > 60) return undefined;
  return { seconds: ms / 1000 - zoneSeconds(zone), nanoseconds: Number(fraction.padEnd(9, "0")) };
}

/** The beginning of ISO 8601, or of what Date prints. */
const TIME_BEGINS =
  /^(?:[+-]?\d{4,6}-\d\d(?:-\d\d(?:[T ].*)?)?$|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:\d\d [A-Z]|[A-Z][a-z]{2} \d\d ))/;

/** Whether Date.parse can be believed: it takes the 30th of February for the 2nd of March, and "task 12" for a day in December. */
export function isTime(text: string): boolean {
  const [day] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
  const isParsed = TIME_BEGINS.test(text) && !Number.isNaN(Date.parse(text));
  return isParsed && (day === undefined || instantOf(`${day} 00:00`) !== undefined);
}

/** Milliseconds, where there is no more; else up to nine digits. undefined outside the years that ISO 8601 writes. */
export function isoOf({ seconds, nanoseconds }: Instant): string | undefined {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const digits = String(nanoseconds)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "");
  return date.toISOString().replace(/\.\d{3}Z$/, `.${digits}Z`);
}

/** Seconds that large would be the year 5138. */
const LEAST_MILLISECONDS = 1e11;
/** So would milliseconds that large. */
const LEAST_MICROSECONDS = 1e14;

function fromEpoch(number: number): Instant {
  const size = Math.abs(number);
  if (size >= LEAST_MICROSECONDS) return instantAt(Math.round(number), 1_000_000);
  return instantAt(Math.round(size >= LEAST_MILLISECONDS ? number : number * 1000), 1000);
}

function instantAt(ticks: number, ticksPerSecond: number): Instant {
  const seconds = Math.floor(ticks / ticksPerSecond);
  return { seconds, nanoseconds: (ticks - seconds * ticksPerSecond) * (1e9 / ticksPerSecond) };
}

function zoneSeconds(zone: string): number {
  const [, sign, hours, minutes = "0", seconds = "0"] = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(zone) ?? [];
  if (hours === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}
