import type { Command } from "commander";
import { sessionStream } from "../../projections/sessions.js";
import { UsageError } from "../errors.js";
import { resolveRangePoint } from "../inspect/range-point.js";
import type { EventLog } from "../log/event-log.js";
import type { Streams } from "./output/streams.js";

export interface RangeOptions {
  since?: string;
  until?: string;
}

export function rangeOptions(command: Command): Command {
  return command
    .option("--since <point>", "only events after this point: 42, v12, HEAD~3, 2026-01-31T10:00:00Z, 2026-01-31, 7d")
    .option("--until <point>", "only events up to this point, itself too");
}

/**
 * What --since (exclusive) and --until (inclusive) mean, told on stderr. `vN` counts in the session that the command
 * names, where it names one.
 *
 * @throws UsageError POINT_INVALID, ARGUMENT_INVALID; NotFoundError POINT_OUTSIDE
 */
export async function resolveRange(
  log: EventLog,
  options: RangeOptions,
  streams: Streams,
  sessions: readonly string[] = [],
): Promise<{ since?: number; until?: number }> {
  const [session, ...others] = sessions;
  const stream = session === undefined || others.length > 0 ? {} : { stream: sessionStream(session) };
  const now = new Date();
  const offsetOf = async (text: string) => {
    const { offset, meaning } = await resolveRangePoint(log, text, { now, ...stream });
    streams.note(`${text} → offset ${offset} (${meaning})`);
    return offset;
  };
  const since = options.since === undefined ? undefined : await offsetOf(options.since);
  const until = options.until === undefined ? undefined : await offsetOf(options.until);
  if (since !== undefined && until !== undefined && since > until) {
    throw new UsageError("ARGUMENT_INVALID", `--since ${options.since} is after --until ${options.until}`, {
      hint: "the range is what comes after --since, up to --until",
    });
  }
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}
