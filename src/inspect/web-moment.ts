import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { timeOf } from "./point.js";
import { resolveRangePoint } from "./range-point.js";

/** A place in the log together with the time that one asks about: sessions expire without an event. */
export interface WebMoment {
  readonly offset: number;
  readonly at: Date;
  /** What the text was taken to mean, for people. */
  readonly meaning: string;
}

const COUNTED = /^(\d+|head.*)$/i;

/**
 * A time is that time, with the events recorded up to it. An offset is the time of its event.
 *
 * @throws UsageError POINT_INVALID; NotFoundError POINT_OUTSIDE
 */
export async function resolveMoment(
  log: EventLog,
  { asOf, now = new Date() }: { readonly asOf?: string; readonly now?: Date },
): Promise<WebMoment> {
  if (asOf === undefined) return { offset: (await log.tail()).offset, at: now, meaning: "now" };
  const { offset, meaning } = await resolveRangePoint(log, asOf, { now });
  return { offset, meaning, at: COUNTED.test(asOf) ? await recordedAt(log, offset) : timeOf(asOf, now) };
}

async function recordedAt(log: EventLog, offset: number): Promise<Date> {
  for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) return new Date(event.recordedAt);
  return new Date(0);
}
