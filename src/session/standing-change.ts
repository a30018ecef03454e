import { valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import { changedAt, type RecordStep } from "../replay/record-steps.js";

const TAKES_BACK = /^revert:(\d+)$/;

/**
 * The last of these steps that changed what is at a place (a JSON Pointer) and still stands. A change that was taken back
 * and the taking back cancel each other: who reverts one event after another must not meet their own reverting as a conflict.
 */
export function standingChange(steps: readonly RecordStep[], path: string): RecordStep | undefined {
  const standing: RecordStep[] = [];
  for (const step of steps) {
    if (!changedAt(step, path)) continue;
    const last = standing.at(-1);
    if (last !== undefined && cancels(step, last, steps, path)) standing.pop();
    else standing.push(step);
  }
  return standing.at(-1);
}

/** The source names the first event of what was taken back; the value says that it was taken back here too. */
function cancels(step: RecordStep, last: RecordStep, steps: readonly RecordStep[], path: string): boolean {
  const named = TAKES_BACK.exec(step.event.meta.source ?? "");
  if (named === null) return false;
  const undone = steps.find(({ event }) => event.offset === Number(named[1]));
  if (undone?.event.commit !== last.event.commit) return false;
  return isSameJson(valueAt(last.before, path), valueAt(step.after, path));
}
