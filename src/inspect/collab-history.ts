import { type CollabPart, collabSessionOf, partIdOf, splitPartId } from "../../projections/collab-streams.js";
import { defined } from "../defined.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { assertAsOf } from "../replay/assert-offset-in.js";

/** One change of a collaborative session or of something in it, without its content, which may be long. */
export interface CollabHistoryEntry {
  readonly offset: number;
  /** recordedAt: ISO 8601 UTC with milliseconds. */
  readonly time: string;
  readonly actor: string;
  readonly type: string;
  /** What was changed. */
  readonly kind: "session" | CollabPart;
  /** Its id in the session; null for the session itself. */
  readonly id: string | null;
  /** How many changes of this one thing there were by then. */
  readonly version: number;
  readonly reason: string | null;
}

export interface CollabHistoryOptions {
  /** Offset, inclusive: as it was then. Default the tail. */
  readonly asOf?: number;
  /** Offset, exclusive. */
  readonly since?: number;
}

/**
 * All changes of a session and of its chunks, memories, tasks and artifacts, oldest first. Goes through the log, with
 * bounded memory, and parses no content. An unknown session gives none.
 *
 * @throws NotFoundError POINT_OUTSIDE; UsageError ARGUMENT_INVALID
 */
export async function* collabHistory(
  log: EventLog,
  session: string,
  { asOf, since = 0 }: CollabHistoryOptions = {},
): AsyncGenerator<CollabHistoryEntry, void, undefined> {
  assertLog(log);
  await assertAsOf(log, asOf);
  const range = { from: since + 1, ...defined({ to: asOf }) };
  for await (const event of eventsOf(log.readAll(range))) {
    if (collabSessionOf(event.stream) === session) yield entryOf(event);
  }
}

const PARTS: readonly CollabPart[] = ["chunk", "memory", "task", "artifact"];

function entryOf({ offset, recordedAt, actor, type, stream, version, meta }: SealedEvent): CollabHistoryEntry {
  const kind = PARTS.find((part) => partIdOf(part, stream) !== undefined) ?? "session";
  const id = kind === "session" ? null : splitPartId(partIdOf(kind, stream) as string).key;
  const reason = typeof meta.reason === "string" ? meta.reason : null;
  return { offset, time: recordedAt, actor, type, kind, id, version, reason };
}
