import { type CollabEventData, collabData } from "../../projections/collab-events.js";
import { type CollabPart, partId, partStream } from "../../projections/collab-streams.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { clipped, valueText } from "./past-collab-shapes.js";

const MAX_LISTED = 50;

/** One change of a memory, a task or an artifact. */
export interface CollabChange {
  readonly offset: number;
  /** Of its stream: of a memory the number of the value, of an artifact that of the version. */
  readonly version: number;
  readonly type: string;
  /** recordedAt: ISO 8601 UTC. */
  readonly time: string;
  readonly actor: string;
  readonly reason: string | null;
  /** The beginning of the value, or of the version's text; of a task who claimed it, or why it failed. Else empty. */
  readonly text: string;
  /** UTF-16 units of the whole value or text. */
  readonly chars: number;
}

export interface CollabChanges {
  /** The newest first, at most 50. */
  readonly changes: readonly CollabChange[];
  /** Changes before those. */
  readonly older: number;
}

/** The newest changes of one thing up to `at` (inclusive); none where it was not there yet. */
export async function collabChanges(
  log: EventLog,
  { session, kind, key, at }: { session: string; kind: CollabPart; key: string; at: number },
): Promise<CollabChanges> {
  assertLog(log);
  const stream = partStream(kind, partId(session, key));
  const last = at === 0 ? undefined : await log.readLast(stream, { toOffset: at });
  if (last === undefined) return { changes: [], older: 0 };
  const from = Math.max(1, last.version - MAX_LISTED + 1);
  const changes: CollabChange[] = [];
  for await (const event of eventsOf(log.readStream(stream, { from, toOffset: at }))) changes.push(changeOf(event));
  return { changes: changes.reverse(), older: from - 1 };
}

function changeOf(event: SealedEvent): CollabChange {
  const { offset, version, type, recordedAt: time, actor, meta } = event;
  const reason = typeof meta.reason === "string" ? clipped(meta.reason).text : null;
  return { offset, version, type, time, actor, reason, ...clipped(textOf(event)) };
}

function textOf(event: SealedEvent): string {
  const seen = { type: event.type, data: event.data, schema: event.schema };
  const memory = collabData("memory.set", seen);
  if (memory !== undefined) return valueText(memory.content);
  const artifact = collabData("artifact.saved", seen);
  if (artifact !== undefined) return artifact.encoding === "utf8" ? artifact.content : "";
  return collabData("chunk.added", seen)?.content ?? textOfTask(seen);
}

function textOfTask(seen: { type: string; data: unknown; schema: number }): string {
  const claimed: CollabEventData<"task.claimed"> | undefined = collabData("task.claimed", seen);
  if (claimed !== undefined) return `${claimed.claimedBy}, until ${claimed.leaseUntil}`;
  const why = collabData("task.requeued", seen)?.why ?? collabData("task.cancelled", seen)?.why;
  return collabData("task.failed", seen)?.error ?? why ?? "";
}
