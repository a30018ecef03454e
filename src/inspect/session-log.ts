import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import { NotFoundError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { evolved } from "../replay/fold.js";
import { type Change, changesBetween } from "./changes.js";

/** One event of a session, and what it changed. */
export interface SessionLogEntry {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly reason: string | undefined;
  /** Empty for a deletion, and for events that are not about the record. */
  readonly changes: readonly Change[];
  /** Set where the event could not be applied. */
  readonly fault: string | undefined;
}

export interface SessionLogOptions {
  /** Inclusive; default the tail. */
  readonly toOffset?: number;
}

/**
 * The audit trail of one session, oldest first: who changed what, from what to what, and why.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where the session has no events (up to that offset)
 */
export async function* sessionLog(
  log: EventLog,
  id: string,
  { toOffset }: SessionLogOptions = {},
): AsyncGenerator<SessionLogEntry, void, undefined> {
  let before: SessionDocument | null = null;
  let found = false;
  const range = toOffset === undefined ? {} : { toOffset };
  for await (const event of eventsOf(log.readStream(sessionStream(id), range))) {
    found = true;
    const after: SessionDocument | null = evolved(sessions, before, event);
    yield entryOf(event, before, after);
    before = after;
  }
  if (!found) {
    throw new NotFoundError("SESSION_NOT_FOUND", `there is no session ${JSON.stringify(id)}`, {
      hint: "run: sessiondb session list",
    });
  }
}

function entryOf(event: SealedEvent, before: SessionDocument | null, after: SessionDocument | null): SessionLogEntry {
  const { offset, version, recordedAt, actor, type, meta } = event;
  const fault = after?.faults.find((one) => one.offset === offset)?.why;
  const changes = changesBetween(recordOf(before), after?.deleted == null ? recordOf(after) : recordOf(before));
  return { offset, version, recordedAt, actor, type, reason: meta.reason, changes, fault };
}

/** A deleted session has no record; one that is created again begins with nothing. */
function recordOf(document: SessionDocument | null): Json | undefined {
  return document === null || document.deleted !== null ? undefined : document.record;
}
