import { Option } from "commander";
import { defined } from "../defined.js";
import { type Point, resolvePoint } from "../inspect/point.js";
import type { EventLog } from "../log/event-log.js";
import { PastLog } from "../replay/past-log.js";
import type { CommandContext, ReadOptions } from "./command.js";
import type { Streams } from "./output/streams.js";

export interface AsOfOptions {
  asOf?: string;
}

export function asOfOption(): Option {
  return new Option(
    "--as-of <point>",
    "as it was then: 42, v12, HEAD~3, mark:NAME, 2026-01-31T10:00:00Z, 2026-01-31, today 18:00, 2h, 7d",
  );
}

/** Resolves --as-of and says on stderr what it was taken to mean. @returns undefined where it was not given */
export async function resolveAsOf(
  log: EventLog,
  options: AsOfOptions,
  streams: Streams,
  stream?: string,
): Promise<Point | undefined> {
  if (options.asOf === undefined) return undefined;
  return notedPoint(log, options.asOf, streams, stream);
}

/** Resolves the point of any option, and says on stderr what it was taken to mean. */
export async function notedPoint(log: EventLog, text: string, streams: Streams, stream?: string): Promise<Point> {
  return noted(await resolvePoint(log, text, { now: new Date(), ...defined({ stream }) }), streams);
}

export function noted(point: Point, streams: Streams): Point {
  streams.note(`${point.text} → offset ${point.offset} (${point.meaning})`);
  return point;
}

/** The store as --as-of has it: what came after that point is not there. */
export async function openAsOf(
  { openStore, options, streams }: CommandContext<ReadOptions & AsOfOptions>,
  stream?: string,
): Promise<EventLog> {
  const log = await openStore({ mustExist: true });
  const point = await resolveAsOf(log, options, streams, stream);
  return point === undefined ? log : PastLog.open(log, point.offset);
}
