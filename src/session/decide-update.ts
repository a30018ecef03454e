import { type JsonObject, type PatchOp, patchBetween } from "../../projections/json-patch.js";
import type { SessionEventType } from "../../projections/session-events.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { SessionDocument } from "../../projections/sessions.js";
import { RuleError } from "../errors.js";
import type { NewEvent } from "../log/event.js";
import { shellWord } from "../log/shell-word.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { sessionDeleted } from "./decide-create.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";

/**
 * The events that turn the session's record into `next`: the pull request's state in one of its own, all else in
 * session.updated. No events where nothing differs.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED, SESSION_ID_FIXED
 */
export function decideUpdate(
  current: SessionDocument | null,
  id: string,
  next: StoredRecord,
  note: ChangeNote,
): NewEvent[] {
  const { record } = assertPresent(current, id);
  assertSameId(id, next);
  const patch = patchBetween(record, next);
  const prPatch = patch.filter(isPrState);
  const otherPatch = patch.filter((op) => !isPrState(op));
  const events: NewEvent[] = [];
  if (otherPatch.length > 0) events.push(sessionEvent("session.updated", { patch: otherPatch }, note));
  if (prPatch.length > 0) events.push(sessionEvent(prTypeOf(record, next), { patch: prPatch }, note));
  return events;
}

/** @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED */
export function assertPresent(current: SessionDocument | null, id: string, asOf?: number): SessionDocument {
  if (current === null) throw sessionNotFound(id, asOf);
  if (current.deleted !== null) {
    const { offset } = current.deleted;
    throw sessionDeleted(current, `bring it back: sessiondb session revert ${shellWord(id)} --event ${offset}`);
  }
  return current;
}

function assertSameId(id: string, next: StoredRecord): void {
  if (next.session === id) return;
  throw new RuleError("SESSION_ID_FIXED", `the id of session ${id} cannot change to ${JSON.stringify(next.session)}`, {
    hint: "create a session with the new id and delete this one",
  });
}

function isPrState({ path }: PatchOp): boolean {
  return path === "/prState" || path.startsWith("/prState/");
}

function prTypeOf(before: StoredRecord, after: StoredRecord): SessionEventType {
  if (prStateOf(before) === undefined) return "session.pr-created";
  const wasMerged = isSet(prStateOf(before)?.mergedAt);
  return !wasMerged && isSet(prStateOf(after)?.mergedAt) ? "session.pr-merged" : "session.pr-checked";
}

function prStateOf({ prState }: StoredRecord): JsonObject | undefined {
  return typeof prState === "object" && prState !== null && !Array.isArray(prState) ? prState : undefined;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
