import { Option } from "commander";
import { type Point, resolvePoint } from "../inspect/point.js";
import type { EventLog } from "../log/event-log.js";
import type { Streams } from "./output/streams.js";

export interface AsOfOptions {
  asOf?: string;
}

export function asOfOption(): Option {
  return new Option("--as-of <point>", "as it was then: 42, v12, HEAD~3, 2026-01-31T10:00:00Z, 2026-01-31, 2h, 7d");
}

/** Resolves --as-of and says on stderr what it was taken to mean. @returns undefined where it was not given */
export async function resolveAsOf(
  log: EventLog,
  options: AsOfOptions,
  streams: Streams,
  stream?: string,
): Promise<Point | undefined> {
  if (options.asOf === undefined) return undefined;
  const point = await resolvePoint(log, options.asOf, { now: new Date(), ...(stream === undefined ? {} : { stream }) });
  streams.note(`${options.asOf} → offset ${point.offset} (${point.meaning})`);
  return point;
}
