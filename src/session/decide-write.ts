import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import type { NewEvent } from "../log/event.js";
import { type CreateOptions, decideCreate, sessionDeleted } from "./decide-create.js";
import { decideUpdate } from "./decide-update.js";
import { mergeRecords } from "./merge-records.js";

/**
 * A whole record, written by somebody who last saw `base` of it (undefined: nothing, then the present state is the
 * base). Creates the session, or changes what the writer changed.
 *
 * @throws RuleError SESSION_DELETED where it was deleted, also after `base` was read
 */
export function decideWrite(
  current: SessionDocument | null,
  base: StoredRecord | undefined,
  next: StoredRecord,
  options: CreateOptions,
): NewEvent[] {
  const { session } = next;
  if (current === null || (current.deleted !== null && options.recreate === true)) {
    return decideCreate(current, next, options);
  }
  if (current.deleted !== null) throw sessionDeleted(current);
  const wanted = base === undefined ? next : mergeRecords(base, next, current.record);
  return decideUpdate(current, session, wanted, options);
}
