import * as z from "zod";
import {
  AGENT_STATUSES,
  CHUNK_FORMATS,
  MEMORY_TYPES,
  SESSION_STATUSES,
  TASK_STATUSES,
} from "../../../projections/collab-events.js";
import { SEARCH_KINDS } from "../../collab/search.js";
import { TAIL_RECORD } from "./event-outputs.js";
import { count, json, type OutputSchema, offset, output, store, time } from "./parts.js";

const text = z.string();
const texts = z.array(text);
const versionOf = z.int().min(1);

const session = z.object({
  ...{ id: text, title: text, participants: texts, context: json, metadata: json, status: z.enum(SESSION_STATUSES) },
  ...{ created: time, completedAt: time.nullable(), lastActivity: time, lastActor: text, lastOffset: offset },
  ...{ chunkCount: count, memoryCount: count, taskCount: count, artifactCount: count },
  unread: texts.optional().describe("streams whose first value was erased and that have no other yet"),
});

const chunk = z.object({
  ...{ id: text, session: text, chunkId: text, format: z.enum(CHUNK_FORMATS), startTime: time.nullable() },
  ...{
    endTime: time.nullable(),
    participants: texts,
    extractedItems: json,
    metadata: json,
    created: time,
    actor: text,
  },
  ...{ chars: count, preview: text, contentOffset: offset },
});

const memory = z.object({
  ...{ id: text, session: text, key: text, type: z.enum([...MEMORY_TYPES, "general"]), content: json, tags: texts },
  ...{ created: time, updated: time, actor: text, version: versionOf, lastOffset: offset },
});

const artifact = z.object({
  ...{ id: text, session: text, artifactId: text, type: text, name: text, format: text.nullable() },
  ...{ encoding: z.enum(["utf8", "base64"]), taskId: text.nullable(), metadata: json, created: time, updated: time },
  ...{ actor: text, version: versionOf, chars: count, preview: text, contentOffset: offset },
});

const task = z.object({
  ...{
    id: text,
    session: text.nullable(),
    taskId: text,
    agentName: text,
    taskType: text,
    priority: z.int(),
    input: json,
  },
  ...{ maxAttempts: count, backoffMs: count, created: time, createdOffset: offset, status: z.enum(TASK_STATUSES) },
  ...{ readyAt: time.nullable(), claimedBy: text.nullable(), processId: text.nullable(), claimedAt: time.nullable() },
  token: count.nullable().describe("fencing token of the claim that holds it"),
  ...{ attempts: count, started: time.nullable(), completed: time.nullable(), output: json, artifacts: texts },
  ...{ error: text.nullable(), updated: time, version: versionOf },
});

const agent = z.object({
  ...{ name: text, type: text, command: text.nullable(), maxConcurrent: count.nullable(), capabilities: json },
  ...{ status: z.enum(AGENT_STATUSES), metadata: json, lastHeartbeat: time.nullable(), created: time, updated: time },
  version: versionOf,
});

const hit = z.object({
  ...{ kind: z.enum(SEARCH_KINDS), session: text, id: text, type: text, created: time, actor: text, score: z.number() },
  snippet: z.object({
    text,
    marks: z.array(z.tuple([count, count])).describe("what was found: [from, to) in UTF-16 units of the text"),
  }),
});

const change = z.object({
  ...{ offset, time, actor: text, type: text },
  kind: z.enum(["session", "chunk", "memory", "artifact", "task"]),
  ...{ id: text.nullable(), version: versionOf, reason: text.nullable() },
});

const counts = z.object({
  chunksByFormat: z.record(text, count),
  memoriesByType: z.record(text, count),
  tasksByStatus: z.record(text, count),
});

/** A page of a list, with the cursor of the next one. */
function pageOf(item: z.ZodType) {
  return { offset, total: count, items: z.array(item), next: text.nullable() };
}

const WORK = ["start", "heartbeat", "complete", "fail", "cancel"].map((name) => `collab task ${name}`);

export const COLLAB_OUTPUTS: readonly OutputSchema[] = [
  output(
    "collab-session/1",
    ["create", "update", "pause", "resume", "complete"].map((name) => `collab ${name}`),
    {
      offset,
      session,
    },
  ),
  output("collab-list/1", ["collab list"], pageOf(session)),
  output("collab-show/1", ["collab show"], { offset, session, counts }),
  output("collab-log/1", ["collab log"], { offset, session: text, items: z.array(change) }, change),
  output("collab-chunk/1", ["collab chunk add", "collab chunk show"], {
    offset,
    chunk: chunk.extend({ content: text.nullable().optional().describe("null where it was erased") }),
  }),
  output("collab-chunk-list/1", ["collab chunk list"], pageOf(chunk)),
  output("collab-memory/1", ["collab memory set", "collab memory show"], { offset, memory }),
  output("collab-memory-list/1", ["collab memory list"], pageOf(memory)),
  output("collab-memory-history/1", ["collab memory history"], pageOf(memory)),
  output("collab-artifact/1", ["collab artifact save", "collab artifact show"], {
    offset,
    artifact: artifact.extend({ content: text.nullable().optional().describe("null where it was erased") }),
  }),
  output("collab-artifact-list/1", ["collab artifact list"], pageOf(artifact)),
  output("collab-artifact-versions/1", ["collab artifact versions"], pageOf(artifact)),
  output("collab-task/1", ["collab task add", "collab task show", "collab task claim", ...WORK], {
    offset,
    task: task.nullable().describe("null where nothing can be claimed now"),
  }),
  output("collab-task-list/1", ["collab task list"], pageOf(task)),
  output("collab-task-log/1", ["collab task log"], pageOf(TAIL_RECORD)),
  output("collab-requeue/1", ["collab task requeue"], { offset, tasks: z.object({ requeued: count }) }),
  output("collab-agent/1", ["collab agent register", "collab agent show", "collab agent heartbeat"], { offset, agent }),
  output("collab-agent-list/1", ["collab agent list", "collab agent samples"], pageOf(agent)),
  output("collab-search/1", ["collab search"], { offset, query: text, items: z.array(hit), more: z.boolean() }),
  output("collab-refresh/1", ["collab refresh"], { offset }),
  output("collab-export/1", ["export ai-webhook"], { store, folder: text, offset, sessions: count, files: count }),
];
