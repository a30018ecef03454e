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
  },
});

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
