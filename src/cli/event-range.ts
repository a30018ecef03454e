import type { Command } from "commander";
import { sessionStream } from "../../projections/sessions.js";
import { UsageError } from "../errors.js";
import type { EventSelection } from "../inspect/event-selection.js";
import type { EventLog } from "../log/event-log.js";
import { type AsOfOptions, notedPoint, resolveAsOf } from "./as-of.js";
import type { Streams } from "./output/streams.js";

export interface SelectionOptions {
  session?: string;
  type?: string;
  actor?: string;
}

export interface RangeOptions extends SelectionOptions, AsOfOptions {
  from?: string;
  to?: string;
}

/** Which events a command is about. */
export interface EventRange extends EventSelection {
  /** Events after this offset. */
  readonly after: number;
  /** Inclusive. */
  readonly to: number;
  /** The offset of the log at which the answer is true: `--as-of`, or the tail when the command began. */
  readonly asOf: number;
}

export function withSelection(command: Command): Command {
  return command
    .option("--session <id>", "only events of this session")
    .option("--type <glob>", "only events of this type: session.updated, session.pr-*")
    .option("--actor <glob>", "only events of this actor: user:ada, agent:*");
}

/** One meaning everywhere: a point is behind an event, so `--from 42` begins with 43, and `--to 42` ends with 42. */
export function withRange(command: Command): Command {
  return withSelection(
    command
      .option("--from <point>", "only what came after it: 42 (begins with 43), mark:x, 2h; default 0, the whole log")
      .option("--to <point>", "up to it, inclusive; default HEAD"),
  );
}

export function selectionOf({ session, type, actor }: SelectionOptions): EventSelection {
  return {
    ...(session === undefined ? {} : { session }),
    ...(type === undefined ? {} : { type }),
    ...(actor === undefined ? {} : { actor }),
  };
}

/** @throws UsageError RANGE_INVALID, and whatever a point throws */
export async function resolveRange(log: EventLog, options: RangeOptions, streams: Streams): Promise<EventRange> {
  const { offset: tail } = await log.tail();
  const context = contextOf(options);
  const asOf = (await resolveAsOf(log, options, streams, context.stream))?.offset ?? tail;
  const offsetOf = async (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : (await notedPoint(log, text, streams, { ...context, emptyPast: true })).offset;
  const after = await offsetOf(options.from, 0);
  const to = await offsetOf(options.to, asOf);
  if (options.to !== undefined && after > to) {
    throw new UsageError("RANGE_INVALID", `--from is offset ${after}, which is behind --to, offset ${to}`, {
      hint: "the earlier point comes first: --from 10 --to 20",
    });
  }
  return { ...selectionOf(options), after, to: Math.min(to, asOf), asOf };
}

/** `v12` counts in the session that is named. */
export function contextOf({ session }: SelectionOptions): { stream?: string } {
  return session === undefined ? {} : { stream: sessionStream(session) };
}
