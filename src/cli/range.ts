import { type Command, Option } from "commander";
import { defined } from "../defined.js";
import { UsageError } from "../errors.js";
import type { Point } from "../inspect/point.js";
import { resolveRangePoint } from "../inspect/range-point.js";
import type { EventLog } from "../log/event-log.js";
import { noted } from "./as-of.js";
import type { Streams } from "./output/streams.js";

export interface RangeOptions {
  since?: string;
  until?: string;
}

/** Offsets: `since` exclusive, `until` inclusive, as the points that people name lead from one state to another. */
export interface OffsetsBetween {
  readonly since?: number;
  readonly until?: number;
}

export interface RangeContext {
  /** The stream that `vN` counts in. */
  readonly stream?: string | undefined;
  /** What the command calls the ends. */
  readonly names?: readonly [since: string, until: string];
}

export function withRange(command: Command): Command {
  return command
    .addOption(
      new Option("--since <point>", "only what came after this point: 42, v12, HEAD~3, mark:x, 2026-01-31, 7d"),
    )
    .addOption(new Option("--until <point>", "only what came up to this point, and at it"));
}

/**
 * Resolves the ends of a range, and says on stderr what they were taken to mean.
 *
 * @throws UsageError RANGE_INVALID where the first end is behind the second; as resolveRangePoint
 */
export async function resolveRange(
  log: EventLog,
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined },
  streams: Streams,
  { stream, names = ["--since", "--until"] }: RangeContext = {},
): Promise<OffsetsBetween> {
  const offsetOf = async (text: string) => (await notedRangePoint(log, text, streams, stream)).offset;
  const range = {
    ...(since === undefined ? {} : { since: await offsetOf(since) }),
    ...(until === undefined ? {} : { until: await offsetOf(until) }),
  };
  if (range.since === undefined || range.until === undefined || range.since <= range.until) return range;
  const [first, second] = names;
  const message = `${first} ${since} is offset ${range.since}, which is behind ${second} ${until}, offset ${range.until}`;
  throw new UsageError("RANGE_INVALID", message, { hint: `the earlier point comes first: ${first} 10 ${second} 20` });
}

/** One end. @throws as resolveRangePoint */
export async function notedRangePoint(log: EventLog, text: string, streams: Streams, stream?: string): Promise<Point> {
  const context = { now: new Date(), ...defined({ stream }) };
  return noted(await resolveRangePoint(log, text, context), streams);
}
