import { previewOf } from "./collab-chunks.js";
import { collabData } from "./collab-events.js";
import { partIdOf, splitPartId } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/** Something that was made in a session, without its content: that stands in the event of its version. */
export interface Artifact {
  /** `SESSION/ARTIFACT`. */
  readonly id: string;
  readonly session: string;
  readonly artifactId: string;
  readonly type: string;
  readonly name: string;
  readonly format: string | null;
  readonly encoding: "utf8" | "base64";
  /** The task that made it. */
  readonly taskId: string | null;
  readonly metadata: unknown;
  /** Of its first version. */
  readonly created: string;
  /** Of this one. */
  readonly updated: string;
  readonly actor: string;
  /** From 1; earlier ones stay readable. */
  readonly version: number;
  /** UTF-16 units of the content as it is stored. */
  readonly chars: number;
  /** The beginning of the content; empty for base64. */
  readonly preview: string;
  /** Of the event that holds the content. */
  readonly contentOffset: number;
}

/** Read model `artifacts`. */
export const collabArtifacts = defineProjection<Artifact>({
  name: "artifacts",
  revision: 1,
  idOf: (stream) => partIdOf("artifact", stream),
  evolve,
  fields: {
    session_id: { type: "text", indexed: true, of: ({ session }) => session },
    artifact_id: { type: "text", of: ({ artifactId }) => artifactId },
    task_id: { type: "text", indexed: true, of: ({ taskId }) => taskId },
    type: { type: "text", indexed: true, of: ({ type }) => type },
    name: { type: "text", of: ({ name }) => name },
    format: { type: "text", of: ({ format }) => format },
    created: { type: "text", indexed: true, of: ({ created }) => created },
    updated: { type: "text", of: ({ updated }) => updated },
    version: { type: "number", of: ({ version }) => version },
    chars: { type: "number", of: ({ chars }) => chars },
    content_offset: { type: "number", of: ({ contentOffset }) => contentOffset },
  },
  view: {
    columns: [
      { name: "session_id", type: "text", from: { field: "session_id" } },
      { name: "artifact_id", type: "text", from: { field: "artifact_id" } },
      { name: "task_id", type: "text", from: { field: "task_id" } },
      { name: "type", type: "text", from: { field: "type" } },
      { name: "name", type: "text", from: { member: "name" } },
      { name: "content", type: "text", from: { event: "content", offsetField: "content_offset" } },
      { name: "format", type: "text", from: { field: "format" } },
      { name: "metadata", type: "json", from: { member: "metadata" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "updated", type: "time", from: { field: "updated" } },
      { name: "version", type: "integer", from: { field: "version" } },
      { name: "chars", type: "integer", from: { field: "chars" } },
      { name: "content_offset", type: "integer", from: { field: "content_offset" } },
    ],
  },
  eventText: {
    offsetField: "content_offset",
    of: textsOf,
  },
});

function textsOf(event: FoldEvent): readonly unknown[] {
  const data = collabData("artifact.saved", event);
  return data === undefined ? [] : [data.name, ...(data.encoding === "utf8" ? [data.content] : [])];
}

function evolve(artifact: Artifact | null, event: FoldEvent): Artifact | null {
  const data = collabData("artifact.saved", event);
  if (data === undefined) return artifact;
  const { session, key: artifactId } = splitPartId(event.id);
  const { type, name, format, encoding, taskId, content, metadata = null } = data;
  const at = data.created ?? event.recordedAt;
  return {
    id: event.id,
    session,
    artifactId,
    type,
    name,
    format,
    encoding,
    taskId,
    metadata,
    created: artifact?.created ?? at,
    updated: at,
    actor: event.actor,
    version: event.version,
    chars: content.length,
    preview: encoding === "utf8" ? previewOf(content) : "",
    contentOffset: event.offset,
  };
}
