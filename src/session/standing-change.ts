import { leafChanges, valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { changedAt, type RecordStep } from "../replay/record-steps.js";
import { isWithin, takenBackBy } from "./taken-back.js";

/**
 * The last of these steps that changed what is at a place (a JSON Pointer) and still stands. A change that was taken back
 * and the taking back cancel each other: who undoes one change after another must not meet their own undoing as a conflict.
 *
 * Looked for from the end: a taking back that was taken back itself cancels nothing.
 */
export function standingChange(steps: readonly RecordStep[], path: string): RecordStep | undefined {
  const cancelled = new Set<number>();
  for (const step of steps.toReversed()) {
    if (cancelled.has(step.event.offset) || !changedAt(step, path)) continue;
    const undone = takenBackOf(steps, step);
    if (undone === undefined) return step;
    if (isTakenBack(undone, step, path)) for (const { event } of undone.steps) cancelled.add(event.offset);
    if (!doesNothingElse(undone, step, path)) return step;
  }
  return undefined;
}

/** What a step takes back, as one change. */
interface Undone {
  readonly steps: readonly RecordStep[];
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
}

function takenBackOf(steps: readonly RecordStep[], { event }: RecordStep): Undone | undefined {
  const span = takenBackBy(event);
  const undone = span === undefined ? [] : steps.filter((one) => isWithin(one.event.offset, span));
  const [first, last] = [undone[0], undone.at(-1)];
  return first && last && { steps: undone, before: first.before, after: last.after };
}

/** Places that are in conflict are not taken back; nor are those that somebody else had brought back before. */
function isTakenBack(undone: Undone, step: RecordStep, path: string): boolean {
  return leavesAt(undone, path).every((leaf) => changedAt(step, leaf) && isAsBefore(undone, step, leaf));
}

function doesNothingElse(undone: Undone, step: RecordStep, path: string): boolean {
  return leavesAt(step, path).every((leaf) => isAsBefore(undone, step, leaf));
}

function leavesAt({ before, after }: Pick<RecordStep, "before" | "after">, path: string): string[] {
  return leafChanges(valueAt(before, path), valueAt(after, path), path).map((leaf) => leaf.path);
}

function isAsBefore(undone: Undone, { after }: RecordStep, leaf: string): boolean {
  return isSameJson(valueAt(undone.before, leaf), valueAt(after, leaf));
}
