import { patchBetween } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import type { NewEvent } from "../log/event.js";
import { sessionDeleted } from "./decide-create.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";

/** @throws RuleError SESSION_DELETED: an import does not bring back what was deleted */
export function decideImport(current: SessionDocument | null, record: StoredRecord, note: ChangeNote): NewEvent[] {
  if (current === null) return [sessionEvent("session.imported", { record }, note)];
  if (current.deleted !== null) throw sessionDeleted(current);
  const patch = patchBetween(current.record, record);
  return patch.length === 0 ? [] : [sessionEvent("session.imported", { patch }, note)];
}
