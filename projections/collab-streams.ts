/**
 * The streams of collaborative sessions. Each thing has a stream of its own, so that two agents that write two memories of
 * one session never meet, a claim of a task meets only claims of that task, and a decision reads a few events and no
 * megabytes of conversation. The session's id stands first in the name of whatever belongs to it, so that one look at a
 * stream says whose it is, and the counters of a session are a fold like any other.
 *
 * ```
 * collab-SESSION                    created, updated, paused, resumed, completed
 * collabchunk-SESSION/CHUNK         added: the text stands here and in no document
 * collabmemory-SESSION/KEY          set, each time with the whole value: the stream is the memory's history
 * collabartifact-SESSION/ARTIFACT   saved, each time with the whole content: a version of the stream is one of the artifact
 * collabtask-SESSION/TASK           created, claimed, … completed; SESSION is empty for a task of no session
 * collabagent-AGENT                 registered, heartbeat; and each task handed to it, where its number is limited
 * ```
 *
 * The id of a document is what stands behind the category: `SESSION/KEY`. A session's id holds no `/`, so the first one ends it.
 */
export type CollabPart = "chunk" | "memory" | "artifact" | "task";

const SESSION = "collab-";
const AGENT = "collabagent-";
const PARTS: readonly CollabPart[] = ["chunk", "memory", "artifact", "task"];

export function collabStream(session: string): string {
  return SESSION + session;
}

export function agentStream(name: string): string {
  return AGENT + name;
}

export function agentNameOf(stream: string): string | undefined {
  return stream.startsWith(AGENT) ? stream.slice(AGENT.length) : undefined;
}

/** @param id of the document: `SESSION/KEY` */
export function partStream(part: CollabPart, id: string): string {
  return prefixOf(part) + id;
}

/** Of its document, where the stream is one of such a part. */
export function partIdOf(part: CollabPart, stream: string): string | undefined {
  const prefix = prefixOf(part);
  return stream.startsWith(prefix) && stream.includes("/", prefix.length) ? stream.slice(prefix.length) : undefined;
}

/** The session that a stream belongs to, be it its own or that of a part; undefined for all else. */
export function collabSessionOf(stream: string): string | undefined {
  if (!stream.startsWith("collab")) return undefined;
  if (stream.startsWith(SESSION)) return stream.slice(SESSION.length) || undefined;
  const id = PARTS.map((part) => partIdOf(part, stream)).find((found) => found !== undefined);
  return id === undefined ? undefined : splitPartId(id).session || undefined;
}

export function partId(session: string | null, key: string): string {
  return `${session ?? ""}/${key}`;
}

/** `session` is "" for a task of no session. */
export function splitPartId(id: string): { readonly session: string; readonly key: string } {
  const slash = id.indexOf("/");
  return { session: id.slice(0, slash), key: id.slice(slash + 1) };
}

function prefixOf(part: CollabPart): string {
  return `collab${part}-`;
}
