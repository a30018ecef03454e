import { type ChunkFormat, collabData } from "./collab-events.js";
import { partIdOf, splitPartId } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/** Characters of a text that a list shows. */
export const PREVIEW_CHARS = 160;

/** A part of a conversation, without its text: that stands in its event, so that lists never load it. */
export interface ConversationChunk {
  /** `SESSION/CHUNK`. */
  readonly id: string;
  readonly session: string;
  readonly chunkId: string;
  readonly format: ChunkFormat;
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly participants: readonly string[];
  readonly extractedItems: unknown;
  readonly metadata: unknown;
  readonly created: string;
  readonly actor: string;
  /** UTF-16 units of the text. */
  readonly chars: number;
  /** The beginning of the text. */
  readonly preview: string;
  /** Of the event that holds the text. */
  readonly contentOffset: number;
}

/** Read model `conversation_chunks`. */
export const collabChunks = defineProjection<ConversationChunk>({
  name: "conversation-chunks",
  revision: 1,
  idOf: (stream) => partIdOf("chunk", stream),
  evolve,
  fields: {
    session_id: { type: "text", indexed: true, of: ({ session }) => session },
    chunk_id: { type: "text", of: ({ chunkId }) => chunkId },
    format: { type: "text", indexed: true, of: ({ format }) => format },
    start_time: { type: "text", of: ({ startTime }) => startTime },
    end_time: { type: "text", of: ({ endTime }) => endTime },
    created: { type: "text", indexed: true, of: ({ created }) => created },
    chars: { type: "number", of: ({ chars }) => chars },
    content_offset: { type: "number", of: ({ contentOffset }) => contentOffset },
  },
  view: {
    columns: [
      { name: "session_id", type: "text", from: { field: "session_id" } },
      { name: "chunk_id", type: "text", from: { field: "chunk_id" } },
      { name: "content", type: "text", from: { event: "content", offsetField: "content_offset" } },
      { name: "format", type: "text", from: { field: "format" } },
      { name: "start_time", type: "time", from: { field: "start_time" } },
      { name: "end_time", type: "time", from: { field: "end_time" } },
      { name: "participants", type: "json", from: { member: "participants" } },
      { name: "extracted_items", type: "json", from: { member: "extractedItems" } },
      { name: "metadata", type: "json", from: { member: "metadata" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "chars", type: "integer", from: { field: "chars" } },
      { name: "content_offset", type: "integer", from: { field: "content_offset" } },
    ],
  },
  eventText: {
    offsetField: "content_offset",
    of: (event) => [collabData("chunk.added", event)?.content],
  },
});

/** A chunk is written once; what else stands in its stream was written by other means. */
function evolve(chunk: ConversationChunk | null, event: FoldEvent): ConversationChunk | null {
  const data = chunk === null ? collabData("chunk.added", event) : undefined;
  if (data === undefined) return chunk;
  const { session, key: chunkId } = splitPartId(event.id);
  const { content, format, startTime, endTime, participants, extractedItems = null, metadata = null } = data;
  return {
    id: event.id,
    session,
    chunkId,
    format,
    startTime,
    endTime,
    participants,
    extractedItems,
    metadata,
    created: data.created ?? event.recordedAt,
    actor: event.actor,
    chars: content.length,
    preview: previewOf(content),
    contentOffset: event.offset,
  };
}

/** Never half a surrogate pair. */
export function previewOf(text: string): string {
  const end = /[\ud800-\udbff]/.test(text.charAt(PREVIEW_CHARS - 1)) ? PREVIEW_CHARS - 1 : PREVIEW_CHARS;
  // Joined anew: a slice would keep the whole text in memory.
  return Buffer.from(text.slice(0, end)).toString();
}
