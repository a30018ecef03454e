import type { Command } from "commander";
import type { EventFilter } from "../inspect/event-filter.js";
import type { EventLog } from "../log/event-log.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "./as-of.js";
import { type FilterOptions, filterOf, streamOf, withFilter } from "./event-filter-options.js";
import type { Streams } from "./output/streams.js";
import { resolveRange } from "./range.js";

export interface EventRangeOptions extends FilterOptions, AsOfOptions {
  from?: string;
  to?: string;
}

/** Which events a command reads. */
export interface EventRange {
  readonly filter: EventFilter;
  /** The offset of the log at which the answer is true: `--as-of`, or the tail when the command began. */
  readonly head: number;
}

/** `--from` and `--to` are `--since` and `--until` by the names of a reading that can be gone on with. */
export function withEventRange(command: Command): Command {
  return withFilter(
    command
      .option("--from <point>", "only what came after it: 42 (begins with 43), mark:x, 2h; default 0, the whole log")
      .option("--to <point>", "up to it, inclusive; default HEAD"),
  ).addOption(asOfOption());
}

/** @throws UsageError RANGE_INVALID, and whatever a point throws */
export async function resolveEventRange(
  log: EventLog,
  options: EventRangeOptions,
  streams: Streams,
): Promise<EventRange> {
  const { from: since, to: until } = options;
  const stream = streamOf(options);
  const head = (await resolveAsOf(log, options, streams, stream)) ?? (await log.tail());
  const range = await resolveRange(log, { since, until }, streams, { stream, names: ["--from", "--to"] });
  return { filter: { ...filterOf(options), ...range }, head: head.offset };
}
