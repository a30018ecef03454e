import { type Command, Option } from "commander";
import { resolveRangePoint } from "../inspect/range-point.js";
import type { EventLog } from "../log/event-log.js";
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

export function withRange(command: Command): Command {
  return command
    .addOption(new Option("--since <point>", "only what came after this point"))
    .addOption(new Option("--until <point>", "only what came up to this point, and at it"));
}

/** Resolves --since and --until, and says on stderr what they were taken to mean. */
export async function resolveRange(
  log: EventLog,
  options: RangeOptions,
  streams: Streams,
  stream?: string,
): Promise<OffsetsBetween> {
  const context = { now: new Date(), ...(stream === undefined ? {} : { stream }) };
  const offsetOf = async (text: string) => {
    const { offset, meaning } = await resolveRangePoint(log, text, context);
    streams.note(`${text} → offset ${offset} (${meaning})`);
    return offset;
  };
  return {
    ...(options.since === undefined ? {} : { since: await offsetOf(options.since) }),
    ...(options.until === undefined ? {} : { until: await offsetOf(options.until) }),
  };
}
