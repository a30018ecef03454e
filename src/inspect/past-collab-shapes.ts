import type { Artifact } from "../../projections/collab-artifacts.js";
import type { ConversationChunk } from "../../projections/collab-chunks.js";
import type { Memory } from "../../projections/collab-memories.js";
import type { CollabSession } from "../../projections/collab-sessions.js";
import type { Task } from "../../projections/collab-tasks.js";

/** UTF-16 units of one text in a list. */
const MAX_LISTED_CHARS = 2_000;
/** Of one name; writers of this program are held to shorter ones. */
const MAX_NAME_CHARS = 300;
/** Names and tags of one thing in a list. */
const MAX_LISTED_NAMES = 50;

/** What all things in a session have in a list. Times are ISO 8601 UTC; texts and lists of names are cut where they are long. */
interface Listed {
  /** Its id in the session. */
  readonly key: string;
  /** Of its last event by then. */
  readonly offset: number;
  /** How many events it had by then. */
  readonly version: number;
}

type Told<T, K extends keyof T> = { readonly [M in K]: T[M] };

/** `chars` is the length of the whole text, `preview` its beginning; the text itself is that of event `contentOffset`. */
export type PastChunk = Listed &
  Told<ConversationChunk, "format" | "participants" | "created" | "actor" | "chars" | "preview" | "contentOffset">;

/** `text` is the beginning of the value (JSON, where it is no text), `chars` the length of all of it. */
export type PastMemory = Listed &
  Told<Memory, "type" | "tags" | "updated" | "actor" | "lastOffset"> & {
    readonly text: string;
    readonly chars: number;
  };

/** `readyAt`: of a claimed or running one its lease ends then. */
export type PastTask = Listed &
  Told<Task, "agentName" | "taskType" | "priority" | "status" | "attempts" | "maxAttempts"> &
  Told<Task, "claimedBy" | "processId" | "readyAt" | "started" | "completed" | "error" | "created">;

/** The newest version by then; its text as that of a chunk. */
export type PastArtifact = Listed &
  Told<Artifact, "name" | "type" | "format" | "encoding" | "taskId" | "updated" | "actor"> &
  Told<Artifact, "chars" | "preview" | "contentOffset">;

/** What a session said of itself. */
export type PastCollabState = Told<CollabSession, "title" | "participants" | "status" | "created" | "completedAt">;

export function stateOf({ title, participants, status, created, completedAt }: CollabSession): PastCollabState {
  return { title: name(title), participants: names(participants), status, created, completedAt };
}

export function chunkOf(listed: Listed, chunk: ConversationChunk): PastChunk {
  const { format, created, actor, chars, preview, contentOffset } = chunk;
  return { ...listed, format, participants: names(chunk.participants), created, actor, chars, preview, contentOffset };
}

export function memoryOf(listed: Listed, { type, updated, actor, lastOffset, content, tags }: Memory): PastMemory {
  return { ...listed, type, tags: names(tags), updated, actor, lastOffset, ...clipped(valueText(content)) };
}

export function taskOf(listed: Listed, task: Task): PastTask {
  const { priority, status, attempts, maxAttempts, readyAt, started, completed, created } = task;
  const [agentName, taskType] = [name(task.agentName), name(task.taskType)];
  const [claimedBy, processId] = [nameOrNull(task.claimedBy), nameOrNull(task.processId)];
  const error = task.error === null ? null : clipped(task.error).text;
  const lease = { claimedBy, processId, readyAt, started, completed, error, created };
  return { ...listed, agentName, taskType, priority, status, attempts, maxAttempts, ...lease };
}

export function artifactOf(listed: Listed, artifact: Artifact): PastArtifact {
  const { encoding, updated, actor, chars, preview, contentOffset } = artifact;
  const [format, taskId] = [nameOrNull(artifact.format), nameOrNull(artifact.taskId)];
  const called = { name: name(artifact.name), type: name(artifact.type), format, encoding, taskId };
  return { ...listed, ...called, updated, actor, chars, preview, contentOffset };
}

function name(whole: string): string {
  return clipped(whole, MAX_NAME_CHARS).text;
}

function nameOrNull(whole: string | null): string | null {
  return whole === null ? null : name(whole);
}

function names(all: readonly string[]): string[] {
  return all.slice(0, MAX_LISTED_NAMES).map(name);
}

/** A value as text: itself where it is one, else its JSON. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** @param most UTF-16 units; never half a surrogate pair */
export function clipped(whole: string, most = MAX_LISTED_CHARS): { readonly text: string; readonly chars: number } {
  const end = /[\ud800-\udbff]/.test(whole.charAt(most - 1)) ? most - 1 : most;
  return { text: whole.slice(0, end), chars: whole.length };
}
