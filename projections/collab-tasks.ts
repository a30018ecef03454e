import { AT_ONCE, type CollabEventType, collabData, isCollabEventType, type TaskStatus } from "./collab-events.js";
import { TASK_SQL } from "./collab-sql.js";
import { partIdOf, splitPartId } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/**
 * Work for an agent.
 *
 * ```
 *             claimed          started
 *  pending ───────────▶ claimed ───────▶ running ──▶ completed
 *    ▲  ▲                  │                │   └──▶ failed      after the last attempt
 *    │  └── failed, and attempts are left ──┤
 *    └───── its lease ran out ──────────────┘        cancelled   from any but the last three
 * ```
 *
 * completed, failed and cancelled are ends: what comes later changes nothing.
 */
export interface Task {
  /** `SESSION/TASK`. */
  readonly id: string;
  /** null: of no session. */
  readonly session: string | null;
  readonly taskId: string;
  readonly agentName: string;
  readonly taskType: string;
  readonly priority: number;
  readonly input: unknown;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly created: string;
  readonly createdOffset: number;
  status: TaskStatus;
  /** When it can be handed out (again): of a pending one not before then (AT_ONCE: whenever); of a claimed one its lease ends. null: never. */
  readyAt: string | null;
  claimedBy: string | null;
  processId: string | null;
  claimedAt: string | null;
  /** Fencing token of the claim that holds it: the version of its stream at that claim, so each is greater than all before. */
  token: number | null;
  attempts: number;
  started: string | null;
  completed: string | null;
  output: unknown;
  artifacts: readonly string[];
  error: string | null;
  updated: string;
  version: number;
}

export const ENDED: readonly TaskStatus[] = ["completed", "failed", "cancelled"];

/** Read model `tasks`. */
export const collabTasks = defineProjection<Task>({
  name: "tasks",
  revision: 3,
  idOf: (stream) => partIdOf("task", stream),
  evolve,
  fields: {
    session_id: { type: "text", indexed: true, of: ({ session }) => session },
    agent_name: { type: "text", indexed: true, of: ({ agentName }) => agentName },
    task_type: { type: "text", of: ({ taskType }) => taskType },
    status: { type: "text", indexed: true, of: ({ status }) => status },
    priority: { type: "number", of: ({ priority }) => priority },
    ready_at: { type: "text", indexed: true, of: ({ readyAt }) => readyAt },
    process_id: { type: "text", of: ({ processId }) => processId },
    claimed_by: { type: "text", indexed: true, of: ({ claimedBy }) => claimedBy },
    claimed_at: { type: "text", of: ({ claimedAt }) => claimedAt },
    attempts: { type: "number", of: ({ attempts }) => attempts },
    started: { type: "text", of: ({ started }) => started },
    completed: { type: "text", of: ({ completed }) => completed },
    created: { type: "text", indexed: true, of: ({ created }) => created },
    version: { type: "number", of: ({ version }) => version },
    created_offset: { type: "number", of: ({ createdOffset }) => createdOffset },
    updated: { type: "text", of: ({ updated }) => updated },
  },
  // The queue: what can be handed out, now or later, in the order in which it is.
  indexes: [
    {
      by: [{ field: "agent_name" }, { field: "priority", descending: true }, { field: "created_offset" }],
      having: "ready_at",
    },
  ],
  view: {
    columns: [
      { name: "session_id", type: "text", from: { field: "session_id" } },
      { name: "agent_name", type: "text", from: { field: "agent_name" } },
      { name: "task_type", type: "text", from: { field: "task_type" } },
      { name: "status", type: "text", from: { field: "status" } },
      { name: "priority", type: "integer", from: { field: "priority" } },
      { name: "input_data", type: "json", from: { member: "input" } },
      { name: "process_id", type: "text", from: { field: "process_id" } },
      { name: "claimed_by", type: "text", from: { field: "claimed_by" } },
      { name: "claimed_at", type: "time", from: { field: "claimed_at" } },
      { name: "started", type: "time", from: { field: "started" } },
      { name: "completed", type: "time", from: { field: "completed" } },
      { name: "output_data", type: "json", from: { member: "output" } },
      { name: "artifacts", type: "texts", from: { member: "artifacts" } },
      { name: "error_message", type: "text", from: { member: "error" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "updated", type: "time", from: { field: "updated" } },
      { name: "ready_at", type: "time", from: { field: "ready_at" } },
      { name: "attempts", type: "integer", from: { field: "attempts" } },
      { name: "max_attempts", type: "integer", from: { member: "maxAttempts" } },
      { name: "token", type: "integer", from: { member: "token" } },
      { name: "version", type: "integer", from: { field: "version" } },
      { name: "created_offset", type: "integer", from: { field: "created_offset" } },
    ],
    also: TASK_SQL,
  },
});

function evolve(task: Task | null, event: FoldEvent): Task | null {
  if (task === null) return created(event);
  task.version = event.version;
  if (!isCollabEventType(event.type) || ENDED.includes(task.status)) return task;
  CHANGES[event.type]?.(task, event);
  task.updated = event.recordedAt;
  return task;
}

function created(event: FoldEvent): Task | null {
  const data = collabData("task.created", event);
  if (data === undefined) return null;
  const { session, key: taskId } = splitPartId(event.id);
  const { agentName, taskType, priority, maxAttempts, backoffMs, input = null } = data;
  const at = data.created ?? event.recordedAt;
  return {
    ...{ id: event.id, session: session === "" ? null : session, taskId },
    ...{ agentName, taskType, priority, input, maxAttempts, backoffMs },
    ...{ created: at, createdOffset: event.offset, status: "pending", readyAt: data.notBefore ?? AT_ONCE },
    ...{ claimedBy: null, processId: null, claimedAt: null, token: null, attempts: 0, started: null, completed: null },
    ...{ output: null, artifacts: [], error: null, updated: event.recordedAt, version: event.version },
  };
}

type Change = (task: Task, event: FoldEvent) => void;

const CHANGES: { readonly [T in CollabEventType]?: Change } = {
  "task.claimed": (task, event) => {
    const data = collabData("task.claimed", event);
    if (data === undefined || task.status !== "pending") return;
    task.status = "claimed";
    task.claimedBy = data.claimedBy;
    task.processId = data.processId;
    task.claimedAt = data.at;
    task.readyAt = data.leaseUntil;
    task.token = event.version;
    task.attempts++;
  },
  "task.started": (task, event) => {
    const data = collabData("task.started", event);
    if (data === undefined || task.status !== "claimed") return;
    task.status = "running";
    task.started = data.at;
    task.readyAt = data.leaseUntil;
  },
  "task.heartbeat": (task, event) => {
    const data = collabData("task.heartbeat", event);
    if (data !== undefined && task.token !== null) task.readyAt = data.leaseUntil;
  },
  "task.completed": (task, event) => {
    const data = collabData("task.completed", event);
    if (data === undefined) return;
    task.output = data.output ?? null;
    task.artifacts = data.artifacts;
    ended(task, "completed", data.at);
  },
  "task.failed": (task, event) => {
    const data = collabData("task.failed", event);
    if (data === undefined) return;
    task.error = data.error;
    task.output = data.output ?? null;
    if (data.retryAt === null) ended(task, "failed", data.at);
    else released(task, data.retryAt);
  },
  "task.requeued": (task, event) => {
    const data = collabData("task.requeued", event);
    if (data !== undefined) released(task, data.readyAt);
  },
  "task.cancelled": (task, event) => {
    const data = collabData("task.cancelled", event);
    if (data !== undefined) ended(task, "cancelled", data.at);
  },
};

/** Who did it last stays readable. */
function ended(task: Task, status: TaskStatus, at: string): void {
  task.status = status;
  task.completed = at;
  task.readyAt = null;
  task.token = null;
}

function released(task: Task, readyAt: string): void {
  task.status = "pending";
  task.readyAt = readyAt;
  task.claimedBy = null;
  task.processId = null;
  task.claimedAt = null;
  task.started = null;
  task.token = null;
}
