import type { PatchOp } from "../../projections/json-patch.js";
import { isSessionEventType, sessionDataFault } from "../../projections/session-events.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { sessionIdOf } from "../../projections/sessions.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";

/** One event as it is printed in a list or a stream. All members but the last three are always there. */
export interface EventItem {
  readonly offset: number;
  readonly stream: string;
  /** null where the stream is none of a session. */
  readonly session: string | null;
  readonly version: number;
  readonly type: string;
  /** recordedAt: ISO 8601 UTC with milliseconds. */
  readonly time: string;
  readonly actor: string;
  readonly reason: string | null;
  /**
   * What an event did to the record of its session (RFC 6902). "No session" is the document null: a creation adds the
   * whole record at "", a deletion replaces it by null.
   */
  readonly patch?: readonly PatchOp[];
  /** The data of every other event, as it is stored. */
  readonly data?: Json;
  /** True where the data was erased; then there is neither. */
  readonly redacted?: true;
}

export function eventItem(event: SealedEvent): EventItem {
  const { offset, stream, version, type, recordedAt, actor, meta } = event;
  const reason = typeof meta.reason === "string" ? meta.reason : null;
  const session = sessionIdOf(stream) ?? null;
  return { offset, stream, session, version, type, time: recordedAt, actor, reason, ...contentOf(event, session) };
}

function contentOf(
  { type, data }: SealedEvent,
  session: string | null,
): Pick<EventItem, "patch" | "data" | "redacted"> {
  if (data === undefined) return { redacted: true };
  const isChange = session !== null && isSessionEventType(type) && sessionDataFault(type, data) === undefined;
  if (!isChange) return { data };
  const { record, patch } = data as { record?: StoredRecord; patch?: readonly PatchOp[] };
  if (record !== undefined) return { patch: [{ op: "add", path: "", value: record as Json }] };
  return { patch: patch ?? [{ op: "replace", path: "", value: null }] };
}
