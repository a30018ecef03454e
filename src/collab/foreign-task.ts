import type { Task } from "../../projections/collab-tasks.js";
import { isSameJson } from "../../projections/json-patch.js";
import { defined } from "../defined.js";
import type { ForeignTask } from "./foreign-record.js";

/** What a task is created with. */
export function taskInputOf({
  status: _status,
  completedAt: _at,
  output: _output,
  artifacts: _artifacts,
  error: _error,
  ...input
}: ForeignTask) {
  return input;
}

/** A task that did not end there may be anywhere here. */
export function isSameTask(there: Task, told: ForeignTask): boolean {
  if (there.agentName !== told.agentName || there.taskType !== told.taskType) return false;
  if (!isSameJson(there.input as never, told.input as never)) return false;
  if (taskEndOf(told) === undefined) return true;
  return there.status === told.status && isSameJson(there.output as never, told.output as never);
}

/** How a task ended elsewhere; undefined where it did not. */
export function taskEndOf({ status, completedAt, output, artifacts, error }: ForeignTask) {
  const at = defined({ at: completedAt });
  if (status === "completed") return { status, output, artifacts, ...at };
  if (status === "failed") return { status, output, error: error === "" ? "it failed" : error, ...at };
  return status === "cancelled" ? { status, ...at } : undefined;
}
