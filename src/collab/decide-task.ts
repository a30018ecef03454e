import { ENDED, type Task } from "../../projections/collab-tasks.js";
import { NotFoundError, RuleError } from "../errors.js";
import type { NewEvent } from "../log/event.js";
import { type CollabNote, collabEvent } from "./collab-log.js";

/** A backoff doubles with each attempt, up to this. */
export const MAX_BACKOFF_MS = 60 * 60 * 1_000;

export interface Claim {
  readonly claimedBy: string;
  readonly processId: string | null;
  readonly leaseMs: number;
  readonly nowMs: number;
}

/**
 * The events that hand a task out: of one whose lease ran out, first that it is given back. After its last attempt it
 * fails instead.
 *
 * @returns none where it cannot be handed out now
 */
export function decideClaim(task: Task, claim: Claim, note: CollabNote): readonly NewEvent[] {
  const { nowMs } = claim;
  if (task.readyAt === null || Date.parse(task.readyAt) > nowMs) return [];
  const expired = task.status === "pending" ? [] : decideExpired(task, nowMs, note);
  if (expired.some(({ type }) => type === "task.failed")) return expired;
  return [...expired, claimedEvent(claim, note)];
}

/** What hands out a task that waits, whichever it is. */
export function claimedEvent({ claimedBy, processId, leaseMs, nowMs }: Claim, note: CollabNote): NewEvent {
  const data = { claimedBy, processId, leaseUntil: timeAt(nowMs + leaseMs), at: timeAt(nowMs) };
  return collabEvent("task.claimed", data, note);
}

/** What becomes of a task whose worker is not heard of any more. @returns none where its lease holds */
export function decideExpired(task: Task, nowMs: number, note: CollabNote): readonly NewEvent[] {
  if (task.token === null || task.readyAt === null || Date.parse(task.readyAt) > nowMs) return [];
  const at = timeAt(nowMs);
  if (task.attempts < task.maxAttempts) {
    return [collabEvent("task.requeued", { why: "its lease ran out", readyAt: at }, note)];
  }
  const error = `its lease ran out at attempt ${task.attempts} of ${task.maxAttempts}`;
  return [collabEvent("task.failed", { error, output: null, retryAt: null, at }, note)];
}

/** When a task that failed is handed out again; null after its last attempt. */
export function retryAt({ attempts, maxAttempts, backoffMs }: Task, nowMs: number): string | null {
  if (attempts >= maxAttempts) return null;
  return timeAt(nowMs + Math.min(backoffMs * 2 ** Math.max(0, attempts - 1), MAX_BACKOFF_MS));
}

/**
 * The task, if the caller's claim still holds it.
 *
 * @throws NotFoundError TASK_NOT_FOUND; RuleError TASK_ENDED, LEASE_LOST
 */
export function held(task: Task | null, id: string, token: number, nowMs: number): Task {
  const present = open(task, id);
  if (present.token === token && Date.parse(present.readyAt ?? "") > nowMs) return present;
  const since = present.token === token ? `it ran out at ${present.readyAt}` : `token ${token} is not its token now`;
  throw new RuleError("LEASE_LOST", `the lease of task ${id} is gone: ${since}`, {
    hint: "stop working on it: somebody else does, or will; claim another",
  });
}

/** @throws NotFoundError TASK_NOT_FOUND; RuleError TASK_ENDED */
export function open(task: Task | null, id: string): Task {
  if (task === null) throw taskNotFound(id);
  if (!ENDED.includes(task.status)) return task;
  throw new RuleError("TASK_ENDED", `task ${id} is ${task.status} and stays so`, {
    hint: "create another task",
  });
}

export function taskNotFound(id: string): NotFoundError {
  return new NotFoundError("TASK_NOT_FOUND", `there is no task ${JSON.stringify(id)}`, {
    hint: "a task is named SESSION/TASK; see: sessiondb collab task list",
  });
}

export function timeAt(ms: number): string {
  return new Date(ms).toISOString();
}
