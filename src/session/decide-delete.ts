import type { SessionDocument } from "../../projections/sessions.js";
import type { NewEvent } from "../log/event.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";

/** @throws NotFoundError SESSION_NOT_FOUND, also where it was deleted before */
export function decideDelete(current: SessionDocument | null, id: string, note: ChangeNote): NewEvent[] {
  if (current === null || current.deleted !== null) throw sessionNotFound(id);
  return [sessionEvent("session.deleted", {}, note)];
}
