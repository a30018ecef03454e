import {
  SESSION_SCHEMA,
  type SessionEventData,
  type SessionEventType,
  sessionDataFault,
} from "../../projections/session-events.js";
import { InvalidEventError } from "../errors.js";
import type { EventMeta, NewEvent } from "../log/event.js";

/** What a writer says about a change. */
export interface ChangeNote {
  readonly reason?: string;
  readonly source?: string;
}

/** The only place where session events are made. @throws InvalidEventError SESSION_EVENT_INVALID */
export function sessionEvent(type: SessionEventType, data: SessionEventData, note: ChangeNote): NewEvent {
  const fault = sessionDataFault(type, data);
  if (fault !== undefined)
    throw new InvalidEventError("SESSION_EVENT_INVALID", fault, "/data", { hint: "check the record that is written" });
  const meta: EventMeta = { schema: SESSION_SCHEMA };
  if (note.reason !== undefined) meta.reason = assertText(note.reason);
  if (note.source !== undefined) meta.source = note.source;
  return { type, data, meta };
}

/** Not every caller is checked by a compiler, and what is stored as a reason is read as one for ever. */
function assertText(reason: unknown): string {
  if (typeof reason === "string") return reason;
  throw new InvalidEventError("META_INVALID", "a reason is a text", "/meta/reason", { hint: "write why, in words" });
}
