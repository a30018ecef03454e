import { NotFoundError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { type Point, type PointContext, resolvePoint } from "./point.js";
import { readTime } from "./time-text.js";

/**
 * An end of a range: as {@link resolvePoint}, but a time before the first event is offset 0 and no error. "Since last
 * week" is a good question to a log that began yesterday.
 */
export async function resolveRangePoint(log: EventLog, text: string, context: PointContext): Promise<Point> {
  try {
    return await resolvePoint(log, text, context);
  } catch (error) {
    if (!(error instanceof NotFoundError) || readTime(text, context.now) === undefined) throw error;
    return { text, offset: 0, meaning: "before the first event" };
  }
}
