import { sessionStream } from "../../projections/sessions.js";
import { dottedPath } from "../inspect/changes.js";
import type { Point } from "../inspect/point.js";
import type { EventLog } from "../log/event-log.js";
import { notedPoint } from "./as-of.js";
import type { Streams } from "./output/streams.js";

/** A point that a command names, of one session; what it was taken to mean goes to stderr. */
export async function sessionPoint(log: EventLog, id: string, text: string, streams: Streams): Promise<Point> {
  return notedPoint(log, text, streams, sessionStream(id));
}

/** `prState.exists`, or what stands for the whole record. */
export function placeName(pointer: string): string {
  return dottedPath(pointer) || "(record)";
}
