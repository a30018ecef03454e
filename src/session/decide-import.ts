import { isSameJson, patchBetween } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import type { Json } from "../log/canonical.js";
import type { NewEvent } from "../log/event.js";
import { sessionDeleted } from "./decide-create.js";
import { mergeRecords } from "./merge-records.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";

/**
 * What a foreign source changed since its `base`, which is how it was at its last import, on the session as it is now:
 * importing the same again changes nothing, whatever was changed here meanwhile. Without a base the source wins whole.
 *
 * @throws RuleError SESSION_DELETED: an import does not bring back what was deleted
 */
export function decideImport(
  current: SessionDocument | null,
  base: StoredRecord | undefined,
  foreign: StoredRecord,
  note: ChangeNote,
): NewEvent[] {
  if (current === null) return [sessionEvent("session.imported", { record: foreign }, note)];
  if (current.deleted !== null) throw sessionDeleted(current);
  if (base !== undefined && isSameJson(base, foreign)) return [];
  const next = base === undefined ? foreign : mergeRecords(base, foreign, current.record);
  const patch = patchBetween(current.record, next);
  if (patch.length === 0 && base === undefined) return [];
  if (patch.length > 0 && isSameJson(next, foreign)) return [sessionEvent("session.imported", { patch }, note)];
  // What stands in the source cannot be seen from the session: the next import must know it.
  return [sessionEvent("session.imported", { patch: patch as readonly unknown[] as Json[], foreign }, note)];
}
