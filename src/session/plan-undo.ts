import { isSameJson } from "../../projections/json-patch.js";
import { type RecordStep, type SetBy, setBy, stepAt } from "../replay/record-steps.js";
import type { Act } from "./own-acts.js";
import { type EventTarget, planRevert, type RevertPlan } from "./plan-revert.js";
import { isWithin, type TakenBack, takeBackSource } from "./taken-back.js";

/** What becomes of one session. Records are undefined where there is no session. */
export interface SessionUndo extends Omit<RevertPlan, "undone"> {
  readonly session: string;
  /** The events that are taken back. */
  readonly undone: readonly SetBy[];
}

/** What taking back one session's part of an act does to the session. */
export function planUndo(
  steps: readonly RecordStep[],
  { session, first, last }: Act["parts"][number],
  act: TakenBack,
  force: boolean,
): SessionUndo {
  const mine = steps.filter(({ event }) => isWithin(event.offset, { ...act, first, last }));
  const undone = mine.map(({ event }) => setBy(event));
  const target = { event: first, upTo: last, force };
  const gone = steps.at(-1)?.after === undefined && stepAt(steps, last)?.after !== undefined;
  const { before, after, conflicts } = gone
    ? planForDeleted(session, steps, target)
    : planRevert(session, steps, target);
  return { session, before, after, conflicts, undone, source: takeBackSource(act) };
}

/**
 * Somebody deleted the session since. Its creation needs no taking back any more, nor does what did not stand when it
 * was deleted; everything else is in conflict with the deletion.
 */
function planForDeleted(
  id: string,
  steps: readonly RecordStep[],
  target: EventTarget,
): Pick<RevertPlan, "before" | "after" | "conflicts"> {
  const nothing = { before: undefined, after: undefined };
  const at = steps.findLastIndex(({ before, after }) => before !== undefined && after === undefined);
  const planned = planRevert(id, steps.slice(0, at), target);
  const { before: current, after: wanted } = planned;
  if (wanted === undefined || (isSameJson(current, wanted) && planned.conflicts.length === 0)) {
    return { ...nothing, conflicts: [] };
  }
  const { event } = steps[at] as RecordStep; // a session that was there and is gone was deleted
  return { ...nothing, conflicts: [{ path: "", wanted, current: undefined, by: setBy(event) }] };
}
