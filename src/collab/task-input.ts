import type { KnownOptions } from "../config/known-options.js";
import type { NewEvent } from "../log/event.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, label, labels, timeText, wholeNumberIn } from "./collab-input.js";
import { type CollabNote, collabEvent } from "./collab-log.js";

/** Of the text that says why a task failed. */
export const MAX_ERROR_CHARS = 100_000;

export interface TaskInput {
  /** Whose task it is: the name that `claim` is called with. It need not be registered. */
  readonly agentName: string;
  /** Such as `review`. */
  readonly taskType: string;
  /** Default: a new UUID. */
  readonly taskId?: string;
  /** The higher the sooner: -1,000,000 to 1,000,000; default 0. */
  readonly priority?: number;
  readonly input?: unknown;
  /** Also counts attempts that ended with a lost lease. 1 to 1,000; default 3. */
  readonly maxAttempts?: number;
  /** Before the second attempt, doubled before each further one, at most an hour. Default 1,000. */
  readonly backoffMs?: number;
  /** Not handed out before. */
  readonly notBefore?: Date | string;
  readonly created?: Date | string;
}

export const INPUT: KnownOptions<TaskInput> = {
  agentName: true,
  taskType: true,
  taskId: true,
  priority: true,
  input: true,
  maxAttempts: true,
  backoffMs: true,
  notBefore: true,
  created: true,
};

/** How a task ended that another system has done. */
export interface TaskEnd {
  readonly status: "completed" | "failed" | "cancelled";
  readonly at?: string;
  readonly output?: unknown;
  readonly artifacts?: readonly string[];
  readonly error?: string;
}

/** Data of `task.created`. @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID */
export function createdData(input: TaskInput): object {
  const { priority = 0, maxAttempts = 3, backoffMs = 1_000, notBefore, created } = input;
  assertCollabId("agent", input.agentName);
  return {
    agentName: input.agentName,
    taskType: label("taskType", input.taskType),
    priority: wholeNumberIn("priority", priority, -1_000_000, 1_000_000),
    input: boundedJson("input", input.input ?? null),
    maxAttempts: wholeNumberIn("maxAttempts", maxAttempts, 1, 1_000),
    backoffMs: wholeNumberIn("backoffMs", backoffMs, 0, 24 * 60 * 60 * 1_000),
    ...(notBefore === undefined ? {} : { notBefore: timeText("notBefore", notBefore) }),
    ...(created === undefined ? {} : { created: timeText("created", created) }),
  };
}

/** The event of an end that came elsewhere; at `now` where it does not say when. @throws UsageError COLLAB_INVALID */
export function endEvent(
  { status, at, output = null, artifacts = [], error = "" }: TaskEnd,
  now: string,
  note: CollabNote,
): NewEvent {
  const when = at === undefined ? now : timeText("at", at);
  boundedJson("output", output);
  switch (status) {
    case "completed":
      return collabEvent("task.completed", { output, artifacts: labels("artifacts", artifacts), at: when }, note);
    case "failed":
      return collabEvent(
        "task.failed",
        { error: error.slice(0, MAX_ERROR_CHARS), output, retryAt: null, at: when },
        note,
      );
    case "cancelled":
      return collabEvent("task.cancelled", { why: null, at: when }, note);
    default:
      throw new TypeError(`unhandled ${status satisfies never}`);
  }
}
