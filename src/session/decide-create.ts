import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { RuleError } from "../errors.js";
import type { NewEvent } from "../log/event.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";

export interface CreateOptions extends ChangeNote {
  /** Uses the id of a deleted session again. */
  readonly recreate?: boolean;
}

/** @throws RuleError SESSION_EXISTS, SESSION_DELETED */
export function decideCreate(
  current: SessionDocument | null,
  record: StoredRecord,
  options: CreateOptions,
): NewEvent[] {
  if (current !== null && current.deleted === null) {
    throw new RuleError("SESSION_EXISTS", `session ${record.session} exists already`, {
      hint: "update it, or choose another id",
    });
  }
  if (current !== null && options.recreate !== true) throw sessionDeleted(current);
  return [sessionEvent("session.created", { record }, options)];
}

const TAKEN = "choose another id, or use this one again: --recreate, in the library recreate: true";

export function sessionDeleted({ id, deleted }: SessionDocument, hint = TAKEN): RuleError {
  const message = `session ${id} was deleted at offset ${deleted?.offset} by ${deleted?.actor}`;
  return new RuleError("SESSION_DELETED", message, { hint });
}
