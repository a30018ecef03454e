import { isSameJson, type JsonObject, patchBetween } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { NotFoundError, RuleError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { NewEvent } from "../log/event.js";
import { shellWord } from "../log/shell-word.js";
import { type RecordStep, type SetBy, setBy, stepAt } from "../replay/record-steps.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { type ChangeNote, sessionEvent } from "./session-event.js";
import { standingChange } from "./standing-change.js";
import { storedRecord } from "./stored-record.js";
import { takeBackSource } from "./taken-back.js";
import { undoMerge } from "./undo-merge.js";

/** What is taken back: one event (or all from it `upTo` another one, as one change), or everything after a point. */
export type RevertTarget =
  | { readonly event: number; readonly upTo?: number; readonly force?: boolean }
  | { readonly to: number };

export type EventTarget = Extract<RevertTarget, { readonly event: number }>;

/** A place that was left alone, because a later event changed it too. */
export interface RevertConflict {
  /** JSON Pointer. */
  readonly path: string;
  /** What taking back would have put there; undefined: nothing. */
  readonly wanted: Json | undefined;
  readonly current: Json | undefined;
  readonly by: SetBy;
}

/** Records are undefined where there is no session. */
export interface RevertPlan {
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
  /** With force, these were taken back all the same. */
  readonly conflicts: readonly RevertConflict[];
  /** The event that is taken back, where it is one. */
  readonly undone: SetBy | undefined;
  /** What the compensating event says of its origin. */
  readonly source: string;
}

/** @throws NotFoundError EVENT_NOT_FOUND, SESSION_NOT_FOUND; RuleError SESSION_DELETED, REVERT_CONFLICT */
export function planRevert(id: string, steps: readonly RecordStep[], target: RevertTarget): RevertPlan {
  return "to" in target ? planTo(id, steps, target.to) : planEvent(id, steps, target);
}

function planTo(id: string, steps: readonly RecordStep[], to: number): RevertPlan {
  const after = stepAt(steps, to)?.after;
  if (after === undefined) throw sessionNotFound(id, to);
  return { before: steps.at(-1)?.after, after, conflicts: [], undone: undefined, source: `revert-to:${to}` };
}

function planEvent(id: string, steps: readonly RecordStep[], target: EventTarget): RevertPlan {
  const { event: offset, upTo = offset, force = false } = target;
  const first = steps.find(({ event }) => event.offset === offset);
  if (first === undefined) throw eventNotFound(id, offset);
  const later = steps.filter(({ event }) => event.offset > upTo);
  const step = { ...first, after: stepAt(steps, upTo)?.after };
  const current = steps.at(-1)?.after;
  if (current === undefined && step.after !== undefined) throw deletedSince(id, steps);
  const conflicts: RevertConflict[] = [];
  const mayChange = (path: string, wanted: Json | undefined, is: Json | undefined): boolean => {
    const touched = standingChange(later, path);
    if (touched === undefined) return true;
    conflicts.push({ path, wanted, current: is, by: setBy(touched.event) });
    return force;
  };
  const after = takenBack(step, current, mayChange) as StoredRecord | undefined;
  return {
    before: current,
    after,
    conflicts,
    undone: setBy(step.event),
    source: takeBackSource({ by: "revert", first: offset, last: upTo }),
  };
}

/** A session that came or went is taken back as a whole: without its id, half a record would be none. */
function takenBack(
  { before, after }: RecordStep,
  current: StoredRecord | undefined,
  mayChange: Parameters<typeof undoMerge>[3],
): Json | undefined {
  if (before !== undefined && after !== undefined) return undoMerge(before, after, current, mayChange);
  return isSameJson(before, after) || !mayChange("", before, current) ? current : before;
}

/**
 * The compensating event; none where nothing differs. One event whatever it changes, so that taking it back is one act
 * too. A deleted session comes back by being created again.
 *
 * @throws RuleError REVERT_CONFLICT where nothing is left to be changed because of conflicts
 */
export function revertEvents(id: string, plan: RevertPlan, note: ChangeNote): NewEvent[] {
  const { before, after, conflicts } = plan;
  if (conflicts.length > 0 && isSameJson(before, after)) throw allInConflict(id, plan);
  return compensation(plan, note);
}

/** As {@link revertEvents}, without a look at conflicts. */
export function compensation(
  { before, after, source }: Pick<RevertPlan, "before" | "after" | "source">,
  note: ChangeNote,
): NewEvent[] {
  const whole = { ...note, source };
  if (isSameJson(before, after)) return [];
  if (after === undefined) return [sessionEvent("session.deleted", {}, whole)];
  const record = storedRecord(after);
  if (before === undefined) return [sessionEvent("session.created", { record }, whole)];
  return [sessionEvent("session.updated", { patch: patchBetween(before as JsonObject, record) }, whole)];
}

function eventNotFound(id: string, offset: number): NotFoundError {
  return new NotFoundError("EVENT_NOT_FOUND", `the event at offset ${offset} is none of session ${id}`, {
    hint: `run: sessiondb session log ${shellWord(id)}`,
  });
}

function deletedSince(id: string, steps: readonly RecordStep[]): RuleError {
  const deletion = steps.findLast(({ before, after }) => before !== undefined && after === undefined)?.event.offset;
  return new RuleError("SESSION_DELETED", `session ${id} was deleted at offset ${deletion}`, {
    hint: `bring it back first: sessiondb session revert ${shellWord(id)} --event ${deletion}`,
  });
}

function allInConflict(id: string, { conflicts, undone }: RevertPlan): RuleError {
  const [{ by }] = conflicts as [RevertConflict];
  const places = conflicts.length === 1 ? "1 place" : `${conflicts.length} places`;
  const message = `nothing of event ${undone?.offset} can be taken back: later events changed all of it (${places})`;
  return new RuleError("REVERT_CONFLICT", `${message}, the last one at offset ${by.offset}, by ${by.actor}`, {
    hint: `sessiondb session revert ${shellWord(id)} --event ${undone?.offset} --force puts back the old values all the same`,
  });
}
