import {
  AGENT_STATUSES,
  CHUNK_FORMATS,
  MEMORY_TYPES,
  SESSION_STATUSES,
  TASK_STATUSES,
} from "../../projections/collab-events.js";
import type { CollabRecord } from "../import/collab-record.js";
import type { AgentInput } from "./agents.js";
import type { ArtifactInput } from "./artifacts.js";
import type { CollabSessionInput } from "./collab-sessions.js";
import type { ChunkInput } from "./conversations.js";
import { ForeignFields } from "./foreign-fields.js";
import type { MemoryInput } from "./memories.js";
import type { TaskInput } from "./task-input.js";

/** A foreign record as this store would be told it. */
export interface Told<Input> {
  readonly input: Input;
  /** What had to be changed to make it fit. */
  readonly repairs: readonly string[];
}

const MEMORY = [...MEMORY_TYPES, "general"] as const;
/** Of tasks that another program was to do. */
const IMPORTED_ATTEMPTS = 3;

export interface ForeignSession extends CollabSessionInput {
  readonly created?: string;
  readonly status: (typeof SESSION_STATUSES)[number];
  readonly completedAt: string | undefined;
}

export function toldSession(record: CollabRecord): Told<ForeignSession> {
  const fields = new ForeignFields(record);
  fields.drop("conversationChunksCount", "chunkCount", "memoryCount", "taskCount", "artifactCount", "lastActivity");
  const status = fields.oneOf("status", SESSION_STATUSES, "active");
  const input = {
    title: fields.label("title") ?? record.id,
    participants: fields.labels("participants"),
    context: fields.take("context") ?? null,
    status,
    ...sinceOf(fields),
    completedAt: status === "completed" ? fields.time("completedAt") : undefined,
    metadata: fields.metadata(),
  };
  return { input, repairs: fields.repairs };
}

/** Also of a transcript, which is a chunk of a format of its own. */
export function toldChunk(record: CollabRecord): Told<ChunkInput> {
  const fields = new ForeignFields(record);
  const format = record.kind === "transcript" ? "transcript" : fields.oneOf("format", CHUNK_FORMATS, "dialogue");
  const input = {
    content: fields.text("content") ?? "",
    format,
    startTime: fields.time("startTime") ?? null,
    endTime: fields.time("endTime") ?? null,
    participants: fields.labels("participants"),
    extractedItems: fields.take("extractedItems") ?? null,
    ...sinceOf(fields),
    metadata: fields.metadata(),
  };
  return { input, repairs: fields.repairs };
}

/** Also of an extracted item. What no memory has room for stands beside its content. */
export function toldMemory(record: CollabRecord): Told<MemoryInput> {
  const fields = new ForeignFields(record);
  const type = fields.oneOf("type", MEMORY, "general");
  const tags = [...fields.labels("tags"), ...(record.kind === "extracted" ? ["extracted"] : [])];
  const content = fields.take("content") ?? null;
  const since = sinceOf(fields);
  fields.drop("id");
  const rest = fields.metadata();
  return {
    input: { type, content: withRest("content", content, rest), tags, ...since },
    repairs: fields.repairs,
  };
}

export interface ForeignTask extends TaskInput {
  readonly status: (typeof TASK_STATUSES)[number];
  readonly completedAt: string | undefined;
  readonly output: unknown;
  readonly artifacts: readonly string[];
  readonly error: string;
}

export function toldTask(record: CollabRecord): Told<ForeignTask> {
  const fields = new ForeignFields(record);
  const status = fields.oneOf("status", TASK_STATUSES, "pending");
  const input = {
    agentName: fields.label("agentName") ?? "unknown",
    taskType: fields.label("taskType") ?? "unknown",
    priority: fields.wholeNumber("priority", -1_000_000, 1_000_000) ?? 0,
    maxAttempts: IMPORTED_ATTEMPTS,
    status,
    ...endOf(fields, status),
    ...sinceOf(fields),
    input: fields.take("inputData", "data") ?? null,
  };
  fields.dropEmpty("outputData", "result", "artifacts", "errorMessage", "error");
  const rest = fields.metadata();
  const repairs = [...fields.repairs];
  if (status === "claimed" || status === "running")
    repairs.push(`it was ${status}, and became pending: its worker is not ours`);
  return { input: { ...input, input: withRest("input", input.input, rest) }, repairs };
}

/** Only what an end of this kind has room for is taken; the rest stays for the metadata. */
function endOf(fields: ForeignFields, status: ForeignTask["status"]) {
  const isDone = status === "completed" || status === "failed";
  return {
    output: isDone ? (fields.take("outputData", "result") ?? null) : null,
    artifacts: status === "completed" ? fields.labels("artifacts") : [],
    error: status === "failed" ? (fields.text("errorMessage", "error") ?? "") : "",
    completedAt: isDone || status === "cancelled" ? fields.time("completed") : undefined,
  };
}

export function toldArtifact(record: CollabRecord): Told<ArtifactInput> {
  const fields = new ForeignFields(record);
  const found = fields.take("content") ?? "";
  const base64 = (found as { base64?: unknown }).base64;
  const text = typeof found === "string" ? found : JSON.stringify(found);
  // As our own export says it of bytes that look like a text.
  const saidToBeBytes = fields.has("encoding", "base64");
  if (saidToBeBytes) fields.drop("encoding");
  const isBytes = typeof base64 === "string" || saidToBeBytes;
  const input = {
    content: typeof base64 === "string" ? base64 : isBytes ? Buffer.from(text).toString("base64") : text,
    encoding: isBytes ? ("base64" as const) : ("utf8" as const),
    type: fields.label("type") ?? "document",
    name: fields.label("name") ?? record.id,
    format: fields.label("format") ?? null,
    taskId: fields.label("taskId") ?? null,
    ...sinceOf(fields),
    metadata: fields.metadata(),
  };
  return { input, repairs: fields.repairs };
}

export function toldAgent(record: CollabRecord): Told<AgentInput> {
  const fields = new ForeignFields(record);
  fields.drop("currentTasks");
  const input = {
    type: fields.label("type") ?? "unknown",
    command: fields.label("command") ?? null,
    maxConcurrent: fields.wholeNumber("maxConcurrent", 1, 1_000) ?? null,
    capabilities: fields.take("capabilities") ?? null,
    status: fields.oneOf("status", AGENT_STATUSES, "available"),
    metadata: fields.metadata(),
  };
  return { input, repairs: fields.repairs };
}

/** With the metadata beside it, where there is any: each member by itself, unless one has the same name. */
function withRest(name: string, value: unknown, rest: unknown): unknown {
  if (rest === null) return value;
  const joined = joinedRest(name, value, rest);
  if (joined !== undefined) return joined;
  return Object.hasOwn(rest as object, name)
    ? { [name]: value, metadata: rest }
    : { [name]: value, ...(rest as object) };
}

/**
 * What an earlier import has kept beside a value goes on standing there, with what is new: a task that is worked on, exported
 * and imported again and again does not grow by a layer each time. When it was started last takes the place of when before.
 *
 * @returns undefined where the value was not made so, or something of it would be lost
 */
function joinedRest(name: string, value: unknown, rest: unknown): unknown {
  const kept = foreignOf(value, [name, "foreign"]);
  const more = foreignOf(rest, ["foreign"]);
  if (kept === undefined || more === undefined) return undefined;
  const isLost = Object.keys(more).some((key) => key !== "started" && Object.hasOwn(kept, key));
  return isLost ? undefined : { ...(value as object), foreign: { ...kept, ...more } };
}

/** The member `foreign` of an object that has these members and no others. */
function foreignOf(value: unknown, names: readonly string[]): object | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).sort().join() !== names.toSorted().join()) {
    return undefined;
  }
  const { foreign } = value as { readonly foreign: unknown };
  return typeof foreign === "object" && foreign !== null && !Array.isArray(foreign) ? foreign : undefined;
}

function sinceOf(fields: ForeignFields): { readonly created?: string } {
  const created = fields.time("created", "timestamp");
  return created === undefined ? {} : { created };
}
