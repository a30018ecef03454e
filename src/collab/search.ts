import { type Artifact, collabArtifacts } from "../../projections/collab-artifacts.js";
import { type ConversationChunk, collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories, type Memory, memoryTexts, tagWord } from "../../projections/collab-memories.js";
import type { Comparison } from "../query/query.js";
import { parseSearch } from "../query/search-terms.js";
import { type Snippet, snippetOf } from "../query/snippet.js";
import type { SearchPage } from "../replay/read-model/model-engine.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { labels, oneOf, wholeNumberIn } from "./collab-input.js";
import type { CollabAsOf, CollabLog } from "./collab-log.js";
import { betweenTimes, type CollabTimes } from "./collab-page.js";
import { contentAt } from "./conversations.js";

export const SEARCH_KINDS = ["chunk", "memory", "artifact"] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** At most so many hits. */
const MAX_HITS = 100;

export interface CollabSearchOptions extends CollabTimes, CollabAsOf {
  readonly session?: string;
  /** Default: all of them. */
  readonly kinds?: readonly SearchKind[];
  /** Format of chunks, type of memories and artifacts. */
  readonly type?: string;
  /** Only memories have tags; all of these must be there, exactly. */
  readonly tags?: readonly string[];
  /** 1 to 100; default 20. */
  readonly limit?: number;
}

export interface CollabHit {
  readonly kind: SearchKind;
  readonly session: string;
  /** Of the chunk, the memory (its key) or the artifact, in its session. */
  readonly id: string;
  readonly type: string;
  readonly created: string;
  readonly actor: string;
  /** The higher the better; only comparable within one answer. */
  readonly score: number;
  readonly snippet: Snippet;
}

export interface CollabHits {
  readonly offset: number;
  /** The best first. */
  readonly hits: readonly CollabHit[];
  /** There are more than these. */
  readonly more: boolean;
}

interface Found extends Omit<CollabHit, "snippet"> {
  text(): Promise<string>;
}

/**
 * Full-text search over conversations, memories and artifacts: `word begin* "a phrase" -without`. Everything else in a
 * query is data. Case, accents and punctuation do not matter; scripts without spaces are found by any run of their
 * characters. All backends find the same; how they weigh hits may differ.
 */
export class CollabSearch {
  readonly #collab: CollabLog;
  readonly #chunks: ReadModel<ConversationChunk>;
  readonly #memories: ReadModel<Memory>;
  readonly #artifacts: ReadModel<Artifact>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#chunks = new ReadModel(collab.log, collabChunks);
    this.#memories = new ReadModel(collab.log, collabMemories);
    this.#artifacts = new ReadModel(collab.log, collabArtifacts);
  }

  /** @throws UsageError QUERY_INVALID, COLLAB_INVALID; NotFoundError COLLAB_SESSION_NOT_FOUND */
  async search(query: string, options: CollabSearchOptions = {}): Promise<CollabHits> {
    const { session, tags = [], limit = 20 } = options;
    wholeNumberIn("limit", limit, 1, MAX_HITS);
    const terms = parseSearch(query);
    const kinds = kindsOf(options);
    if (session !== undefined) await this.#collab.session(session, options);
    const offset = options.asOf ?? (await this.#collab.log.tail()).offset;
    const pages = await Promise.all(kinds.map((kind) => this.#of(kind, query, labels("tags", tags), limit, options)));
    const found = pages.flatMap(({ hits }) => hits).sort((a, b) => b.score - a.score || compareHits(a, b));
    const hits: CollabHit[] = [];
    for (const { text, ...hit } of found.slice(0, limit)) {
      hits.push({ ...hit, snippet: snippetOf(await text(), terms) });
    }
    const reached = Math.max(offset, ...pages.map((page) => page.offset));
    return { offset: reached, hits, more: found.length > limit || pages.some(({ more }) => more) };
  }

  async #of(
    kind: SearchKind,
    query: string,
    tags: readonly string[],
    limit: number,
    options: CollabSearchOptions,
  ): Promise<{ offset: number; hits: Found[]; more: boolean }> {
    const { session, type, asOf } = options;
    const where = {
      ...(session === undefined ? {} : { session_id: session }),
      ...(type === undefined ? {} : { [kind === "chunk" ? "format" : "type"]: type }),
      ...createdOf(options),
    };
    const at = asOf === undefined ? {} : { asOf };
    switch (kind) {
      case "chunk": {
        const page = await this.#chunks.search(query, { where, limit }, at);
        return foundIn(page, (chunk, data) => ({
          ...placeOf(kind, chunk),
          id: chunk.chunkId,
          type: chunk.format,
          text: () => this.#text(chunk, data),
        }));
      }
      case "memory": {
        const tagged = [query, ...tags.map(tagWord)].join(" ");
        const page = await this.#memories.search(tagged, { where, limit }, at);
        return foundIn(page, (memory) => ({
          ...placeOf(kind, memory),
          id: memory.key,
          type: memory.type,
          text: async () => memoryTexts(memory).join("\n"),
        }));
      }
      case "artifact": {
        const page = await this.#artifacts.search(query, { where, limit }, at);
        return foundIn(page, (artifact, data) => ({
          ...placeOf(kind, artifact),
          id: artifact.artifactId,
          type: artifact.type,
          text: async () => artifactText(artifact, await this.#text(artifact, data)),
        }));
      }
      default:
        throw new TypeError(`unhandled ${kind satisfies never}`);
    }
  }

  async #text({ contentOffset }: { readonly contentOffset: number }, data: string | null | undefined): Promise<string> {
    if (typeof data === "string") return (JSON.parse(data) as { content?: string }).content ?? "";
    return (await contentAt(this.#collab, contentOffset)) ?? "";
  }
}

/** Tags are a matter of memories. @throws UsageError COLLAB_INVALID */
function kindsOf({ kinds = SEARCH_KINDS, tags = [] }: CollabSearchOptions): SearchKind[] {
  const wanted = [...new Set(kinds.map((kind) => oneOf("kind", SEARCH_KINDS, kind)))];
  return tags.length === 0 ? wanted : wanted.filter((kind) => kind === "memory");
}

function createdOf(times: CollabTimes): { readonly created?: Comparison } {
  const created = betweenTimes(times);
  return created === undefined ? {} : { created };
}

function placeOf<K extends SearchKind>(
  kind: K,
  { session, created, actor }: { readonly session: string; readonly created: string; readonly actor: string },
) {
  return { kind, session, created, actor };
}

function foundIn<D extends object>(
  { offset, hits, more }: SearchPage<D>,
  found: (document: D, data: string | null | undefined) => Omit<Found, "score">,
): { offset: number; hits: Found[]; more: boolean } {
  return { offset, more, hits: hits.map(({ document, score, data }) => ({ ...found(document, data), score })) };
}

/** Of hits that are as good: the newest first. */
function compareHits(a: Found, b: Found): number {
  const [left, right] = [`${b.created} ${b.session} ${b.id}`, `${a.created} ${a.session} ${a.id}`];
  return left === right ? 0 : left < right ? -1 : 1;
}

function artifactText({ name, encoding }: Artifact, content: string): string {
  return encoding === "utf8" ? `${name}\n${content}` : name;
}
