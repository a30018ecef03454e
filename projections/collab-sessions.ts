import { OwnText } from "../src/log/own-text.js";
import { type CollabEventData, type CollabStatus, collabData, isCollabEventType } from "./collab-events.js";
import { ACTIVE_SESSIONS } from "./collab-sql.js";
import { type CollabPart, collabSessionOf, partIdOf } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/** A session in which people and agents work together. All texts that are times are ISO 8601, UTC. */
export interface CollabSession {
  readonly id: string;
  title: string;
  participants: readonly string[];
  context: unknown;
  metadata: unknown;
  status: CollabStatus;
  created: string;
  completedAt: string | null;
  /** Of the last event of the session or of anything in it. */
  lastActivity: string;
  lastActor: string;
  lastOffset: number;
  /** How many there are of each, whatever their state. */
  chunkCount: number;
  memoryCount: number;
  taskCount: number;
  artifactCount: number;
  /**
   * Streams of memories and artifacts whose first event cannot be read, because it was erased: they count from the next value
   * on. Not there where there are none.
   */
  unread?: readonly string[];
}

/** By the event that brings one more of them. */
const PARTS = {
  "chunk.added": { part: "chunk", counter: "chunkCount", hasValues: false },
  "memory.set": { part: "memory", counter: "memoryCount", hasValues: true },
  "task.created": { part: "task", counter: "taskCount", hasValues: false },
  "artifact.saved": { part: "artifact", counter: "artifactCount", hasValues: true },
} as const satisfies Record<string, { part: CollabPart; counter: keyof CollabSession; hasValues: boolean }>;

/** Read model `collab_sessions`. */
export const collabSessions = defineProjection<CollabSession>({
  name: "collab-sessions",
  revision: 2,
  idOf: collabSessionOf,
  evolve,
  fields: {
    title: { type: "text", of: ({ title }) => title },
    status: { type: "text", indexed: true, of: ({ status }) => status },
    created: { type: "text", indexed: true, of: ({ created }) => created },
    last_activity: { type: "text", indexed: true, of: ({ lastActivity }) => lastActivity },
    completed_at: { type: "text", of: ({ completedAt }) => completedAt },
    chunk_count: { type: "number", of: ({ chunkCount }) => chunkCount },
    memory_count: { type: "number", of: ({ memoryCount }) => memoryCount },
    task_count: { type: "number", of: ({ taskCount }) => taskCount },
    artifact_count: { type: "number", of: ({ artifactCount }) => artifactCount },
  },
  view: {
    columns: [
      { name: "title", type: "text", from: { member: "title" } },
      { name: "participants", type: "json", from: { member: "participants" } },
      { name: "context", type: "json", from: { member: "context" } },
      { name: "status", type: "text", from: { field: "status" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "last_activity", type: "time", from: { field: "last_activity" } },
      { name: "completed_at", type: "time", from: { field: "completed_at" } },
      { name: "chunk_count", type: "integer", from: { field: "chunk_count" } },
      { name: "memory_count", type: "integer", from: { field: "memory_count" } },
      { name: "task_count", type: "integer", from: { field: "task_count" } },
      { name: "artifact_count", type: "integer", from: { field: "artifact_count" } },
      { name: "metadata", type: "json", from: { member: "metadata" } },
    ],
    also: ACTIVE_SESSIONS,
  },
  search: ({ id, title, context }) => [id, title, context],
});

function evolve(session: CollabSession | null, event: FoldEvent): CollabSession | null {
  if (!isCollabEventType(event.type)) return session;
  if (session === null) return event.type === "collab.created" ? created(event) : null;
  changed(session, event);
  session.lastActivity = event.recordedAt;
  session.lastActor = event.actor;
  session.lastOffset = event.offset;
  return session;
}

function created(event: FoldEvent): CollabSession | null {
  const data = collabData("collab.created", event);
  if (data === undefined) return null;
  const { id, recordedAt, actor, offset } = event;
  const { title, participants, context = null, metadata = null } = data;
  const counters = { chunkCount: 0, memoryCount: 0, taskCount: 0, artifactCount: 0 };
  const place = { lastActivity: recordedAt, lastActor: actor, lastOffset: offset };
  const state = { status: "active" as const, created: data.created ?? recordedAt, completedAt: null };
  return { id, title, participants, context, metadata, ...state, ...place, ...counters };
}

function changed(session: CollabSession, event: FoldEvent): void {
  const updated = collabData("collab.updated", event);
  if (updated !== undefined) Object.assign(session, definedOf(updated));
  if (collabData("collab.paused", event) !== undefined) session.status = "paused";
  if (collabData("collab.resumed", event) !== undefined) session.status = "active";
  const completed = collabData("collab.completed", event);
  if (completed !== undefined) {
    session.status = "completed";
    session.completedAt = completed.at ?? event.recordedAt;
  }
  if (Object.hasOwn(PARTS, event.type)) count(session, event, event.type as keyof typeof PARTS);
}

/** The first event of a stream of its own makes it one more, or the first that is left of it. */
function count(session: CollabSession, event: FoldEvent, type: keyof typeof PARTS): void {
  const { part, counter, hasValues } = PARTS[type];
  const { unread = [] } = session;
  if (partIdOf(part, event.stream) === undefined) return;
  if (event.version > 1 && !unread.includes(event.stream)) return;
  const isRead = collabData(type, event) !== undefined;
  if (isRead) session[counter]++;
  if (isRead && event.version > 1)
    setUnread(
      session,
      unread.filter((stream) => stream !== event.stream),
    );
  if (!isRead && event.version === 1 && hasValues) setUnread(session, [...unread, new OwnText().of(event.stream)]);
}

function setUnread(session: CollabSession, unread: readonly string[]): void {
  if (unread.length > 0) session.unread = unread;
  else delete session.unread;
}

/** The four members that can change, where they are there. */
function definedOf({ title, participants, context, metadata }: CollabEventData<"collab.updated">): object {
  const all = { title, participants, context, metadata };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
