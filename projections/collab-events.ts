import * as z from "zod";

/** Version of all events of collaborative sessions; an upcaster in their projection brings older data to it. */
export const COLLAB_SCHEMA = 1;

/**
 * From when on a task is handed out that was given no time: before every clock. The time of its event may be ahead of all
 * clocks, for a log never goes back behind one that was wrong, and it would wait until the clocks have come there.
 */
export const AT_ONCE = "1970-01-01T00:00:00.000Z";

export const SESSION_STATUSES = ["active", "paused", "completed"] as const;
export const CHUNK_FORMATS = ["dialogue", "summary", "transcript"] as const;
/** `general` is none that people choose, but foreign stores hold it. */
export const MEMORY_TYPES = [
  "idea",
  "decision",
  "question",
  "action_item",
  "context",
  "preference",
  "fact",
  "risk",
] as const;
export const TASK_STATUSES = ["pending", "claimed", "running", "completed", "failed", "cancelled"] as const;
export const AGENT_STATUSES = ["available", "busy", "offline", "error"] as const;

export type CollabStatus = (typeof SESSION_STATUSES)[number];
export type ChunkFormat = (typeof CHUNK_FORMATS)[number];
export type MemoryType = (typeof MEMORY_TYPES)[number];
export type TaskStatus = (typeof TASK_STATUSES)[number];
export type AgentStatus = (typeof AGENT_STATUSES)[number];

const text = z.string();
const texts = z.array(text);
/** ISO 8601, UTC, with milliseconds: texts in this form are in the order of their times. */
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const json = z.unknown();
const count = z.int().min(0);

const described = {
  title: text,
  participants: texts,
  context: json,
  metadata: json,
};
/** What an import says of the time before it: else the event's own time counts. */
const since = { created: time.optional() };
const endings = { output: json, artifacts: texts };

/** The data of every event type. Checked data is used as it is: zod's copies lose `__proto__` keys. */
export const collabEventSchemas = {
  "collab.created": z.object({ ...described, ...since }),
  "collab.updated": z.object(described).partial(),
  "collab.paused": z.object({}),
  "collab.resumed": z.object({}),
  "collab.completed": z.object({ at: time.optional() }),
  "chunk.added": z.object({
    content: text,
    format: z.enum(CHUNK_FORMATS),
    startTime: time.nullable(),
    endTime: time.nullable(),
    participants: texts,
    extractedItems: json,
    metadata: json,
    ...since,
  }),
  "memory.set": z.object({ type: z.enum([...MEMORY_TYPES, "general"]), content: json, tags: texts, ...since }),
  "artifact.saved": z.object({
    type: text,
    name: text,
    content: text,
    /** base64 where the content is no text. */
    encoding: z.enum(["utf8", "base64"]),
    format: text.nullable(),
    taskId: text.nullable(),
    metadata: json,
    ...since,
  }),
  "task.created": z.object({
    agentName: text,
    taskType: text,
    priority: z.int(),
    input: json,
    maxAttempts: z.int().min(1),
    backoffMs: count,
    /** Not handed out before. */
    notBefore: time.optional(),
    ...since,
  }),
  "task.claimed": z.object({ claimedBy: text, processId: text.nullable(), leaseUntil: time, at: time }),
  "task.started": z.object({ leaseUntil: time, at: time }),
  "task.heartbeat": z.object({ leaseUntil: time }),
  "task.completed": z.object({ ...endings, at: time }),
  /** `retryAt`: it becomes pending again and is not handed out before; null: this was the last attempt. */
  "task.failed": z.object({ error: text, output: json, retryAt: time.nullable(), at: time }),
  /** Its lease ran out, or somebody gave it back. */
  "task.requeued": z.object({ why: text, readyAt: time }),
  "task.cancelled": z.object({ why: text.nullable(), at: time }),
  "agent.registered": z.object({
    type: text,
    command: text.nullable(),
    maxConcurrent: z.int().min(1).nullable(),
    capabilities: json,
    status: z.enum(AGENT_STATUSES),
    metadata: json,
    ...since,
  }),
  "agent.heartbeat": z.object({ status: z.enum(AGENT_STATUSES).optional(), at: time }),
  /** Appended with each claim for an agent of limited number: two claims at the same time meet here. */
  "agent.assigned": z.object({ task: text }),
} as const;

export type CollabEventType = keyof typeof collabEventSchemas;
export type CollabEventData<T extends CollabEventType> = z.infer<(typeof collabEventSchemas)[T]>;

export function isCollabEventType(type: string): type is CollabEventType {
  return Object.hasOwn(collabEventSchemas, type);
}

/** @returns what is wrong with the data, or undefined */
export function collabDataFault(type: CollabEventType, data: unknown): string | undefined {
  const { error } = collabEventSchemas[type].safeParse(data);
  return error === undefined ? undefined : `the data of ${type} is not as declared: ${z.prettifyError(error)}`;
}

/**
 * The data of an event that fits its schema, or undefined: erased, of a newer program, or written by other means. Such
 * events are passed over, so that one of them does not make a log unreadable.
 */
export function collabData<T extends CollabEventType>(
  type: T,
  event: { readonly type: string; readonly data: unknown; readonly schema: number },
): CollabEventData<T> | undefined {
  if (event.type !== type || event.schema > COLLAB_SCHEMA || event.data === undefined) return undefined;
  return collabEventSchemas[type].safeParse(event.data).success ? (event.data as CollabEventData<T>) : undefined;
}
