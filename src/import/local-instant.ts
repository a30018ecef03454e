import type { ForeignValue } from "../log/foreign-database.js";
import { type Instant, instantOf } from "./instant.js";

const ZONED = /(?:Z|UTC|[+-]\d\d(?::?\d\d)*)$/i;

/**
 * The instant of a time without a zone in a time zone; one that has a zone keeps it. Of an hour that came twice, when the
 * clocks were put back, the first.
 *
 * @throws RangeError a zone that is not known here
 */
export function localInstantOf(value: ForeignValue, timeZone: string): Instant | undefined {
  const read = instantOf(value);
  if (read === undefined || typeof value !== "string" || ZONED.test(value.slice(10))) return read;
  const { seconds, nanoseconds } = read;
  // The clocks are changed once in two days at most: it is what holds before, or what holds after.
  const offsets = [-DAY_SECONDS, DAY_SECONDS].map((away) => offsetAt(seconds + away, timeZone));
  const fitting = offsets.find((offset) => offsetAt(seconds - offset, timeZone) === offset) ?? (offsets[0] as number);
  return { seconds: seconds - fitting, nanoseconds };
}

const DAY_SECONDS = 86_400;

/** Seconds by which the zone is ahead of UTC at this instant. */
function offsetAt(seconds: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(new Date(seconds * 1000)).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0", rest = "0"] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
}
