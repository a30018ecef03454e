import { collabData } from "../../projections/collab-events.js";
import { NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { eventAt } from "./event-at.js";
import { clipped, valueText } from "./past-collab-shapes.js";

/** UTF-16 units. */
export const MAX_CONTENT_CHARS = 200_000;

/** What one event of a collaborative session holds: the text of a chunk, a value of a memory, a version of an artifact. */
export interface CollabContent {
  /** Its beginning, at most {@link MAX_CONTENT_CHARS}; null where it was erased, or is not as its type declares. */
  readonly text: string | null;
  /** Of all of it, in UTF-16 units; 0 where there is none. */
  readonly chars: number;
  readonly encoding: "utf8" | "base64";
}

const HOLDING = ["chunk.added", "memory.set", "artifact.saved"];

/** @throws NotFoundError EVENT_NOT_FOUND where there is no such event, or it is one that holds no content */
export async function collabContent(log: EventLog, offset: number): Promise<CollabContent> {
  assertLog(log);
  const { event } = await eventAt(log, offset);
  if (!HOLDING.includes(event.type)) {
    throw new NotFoundError("EVENT_NOT_FOUND", `event ${offset} holds no chunk, memory or artifact`, {
      hint: `see: sessiondb events show ${offset}`,
    });
  }
  const { type, data, schema } = event;
  const seen = { type, data, schema };
  const artifact = collabData("artifact.saved", seen);
  const memory = collabData("memory.set", seen);
  const whole = collabData("chunk.added", seen)?.content ?? artifact?.content ?? (memory && valueText(memory.content));
  const encoding = artifact?.encoding ?? "utf8";
  return whole === undefined ? { text: null, chars: 0, encoding } : { ...clipped(whole, MAX_CONTENT_CHARS), encoding };
}
