import { sha256Hex } from "../src/log/hash-chain.js";
import { type CollabEventData, collabData } from "./collab-events.js";
import { partIdOf, splitPartId } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/** What a session shall remember under a key. Earlier values stand in its stream. */
export interface Memory {
  /** `SESSION/KEY`. */
  readonly id: string;
  readonly session: string;
  readonly key: string;
  type: CollabEventData<"memory.set">["type"];
  content: unknown;
  tags: readonly string[];
  /** Of its first value. */
  readonly created: string;
  /** Of this one. */
  updated: string;
  actor: string;
  /** How many values it has had. */
  version: number;
  lastOffset: number;
}

/** Read model `memories`. */
export const collabMemories = defineProjection<Memory>({
  name: "memories",
  revision: 1,
  idOf: (stream) => partIdOf("memory", stream),
  evolve,
  fields: {
    session_id: { type: "text", indexed: true, of: ({ session }) => session },
    type: { type: "text", indexed: true, of: ({ type }) => type },
    key: { type: "text", indexed: true, of: ({ key }) => key },
    created: { type: "text", indexed: true, of: ({ created }) => created },
    updated: { type: "text", of: ({ updated }) => updated },
    version: { type: "number", of: ({ version }) => version },
    last_offset: { type: "number", of: ({ lastOffset }) => lastOffset },
  },
  view: {
    columns: [
      { name: "session_id", type: "text", from: { field: "session_id" } },
      { name: "type", type: "text", from: { field: "type" } },
      { name: "key", type: "text", from: { field: "key" } },
      { name: "content", type: "json", from: { member: "content" } },
      { name: "tags", type: "texts", from: { member: "tags" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "updated", type: "time", from: { field: "updated" } },
      { name: "version", type: "integer", from: { field: "version" } },
    ],
  },
  search: (memory) => [...memoryTexts(memory), ...memory.tags.map(tagWord)],
  textOffsetField: "last_offset",
});

/** What people look for in a memory: its key, all texts in its content, and its tags. */
export function memoryTexts({ key, content, tags }: Pick<Memory, "key" | "content" | "tags">): string[] {
  return [key, ...textsIn(content), ...tags];
}

/** A word that stands for exactly this tag, with case and punctuation; so tags are found by the same index. */
export function tagWord(tag: string): string {
  return `tag${sha256Hex(tag).slice(0, 32)}`;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function evolve(memory: Memory | null, event: FoldEvent): Memory | null {
  const data = collabData("memory.set", event);
  if (data === undefined) return memory;
  const { session, key } = splitPartId(event.id);
  const at = data.created ?? event.recordedAt;
  return {
    id: event.id,
    session,
    key,
    type: data.type,
    content: data.content ?? null,
    tags: data.tags,
    created: memory?.created ?? at,
    updated: at,
    actor: event.actor,
    version: event.version,
    lastOffset: event.offset,
  };
}
