import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessionStream } from "../../projections/sessions.js";
import { UsageError } from "../errors.js";
import type { NewEvent } from "../log/event.js";
import { decideDelete } from "./decide-delete.js";
import { decideWrite } from "./decide-write.js";
import type { ChangeNote } from "./session-event.js";

/** Events of one session. */
export interface SessionChange {
  readonly id: string;
  readonly events: NewEvent[];
}

/** A whole state, as somebody writes it who read one before. */
export interface StateWrite {
  /** Ids of the state that was read; empty where none was. */
  readonly baseIds: ReadonlySet<string>;
  /** `base`: what the writer last saw of the session. */
  readonly records: ReadonlyArray<{ readonly base: StoredRecord | undefined; readonly next: StoredRecord }>;
}

export interface DocumentsById {
  readonly documents: ReadonlyMap<string, SessionDocument>;
}

/**
 * The differences between the state that was read and the one that is written. Sessions that the writer never saw stay;
 * what the writer took out is deleted; what others deleted meanwhile and the writer did not touch stays deleted.
 *
 * @throws UsageError SESSION_TWICE, RuleError SESSION_DELETED
 */
export function decideState(
  documents: ReadonlyMap<string, SessionDocument>,
  { baseIds, records }: StateWrite,
  note: ChangeNote,
): SessionChange[] {
  const ids = uniqueIds(records.map(({ next }) => next));
  const writes = records.map(({ base, next }): SessionChange => {
    const id = next.session;
    const current = documents.get(id) ?? null;
    const untouched = current !== null && base !== undefined && baseIds.has(id) && isSameJson(base, next);
    return { id, events: untouched ? [] : decideWrite(current, base, next, note) };
  });
  const gone = [...baseIds].filter((id) => !ids.has(id) && documents.get(id)?.deleted === null);
  const deletions = gone.map((id) => ({ id, events: decideDelete(documents.get(id) ?? null, id, note) }));
  return [...writes, ...deletions].filter(({ events }) => events.length > 0);
}

function uniqueIds(records: readonly StoredRecord[]): Set<string> {
  const ids = new Set<string>();
  for (const { session } of records) {
    if (ids.has(session)) {
      throw new UsageError(
        "SESSION_TWICE",
        `${sessionStream(session)} stands twice in the state; nothing was written`,
        {
          hint: "keep one record for each id",
        },
      );
    }
    ids.add(session);
  }
  return ids;
}
