import { type Artifact, collabArtifacts } from "../../projections/collab-artifacts.js";
import { type ConversationChunk, collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories, type Memory, memoryTexts, tagWord } from "../../projections/collab-memories.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import type { Comparison } from "../query/query.js";
import { parseSearch } from "../query/search-terms.js";
import { type Snippet, snippetOf } from "../query/snippet.js";
import type { SearchPage } from "../replay/read-model/model-engine.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { invalid, labels, oneOf, wholeNumberIn } from "./collab-input.js";
import type { CollabAsOf, CollabLog } from "./collab-log.js";
import { assertTexts, betweenTimes, type CollabTimes, TIME_OPTIONS } from "./collab-page.js";
import { contentAt } from "./conversations.js";

export const SEARCH_KINDS = ["chunk", "memory", "artifact"] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** At most so many hits. */
const MAX_HITS = 100;
const DEFAULT_HITS = 20;

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

const AS_IS: KnownOptions<Omit<CollabSearchOptions, "asOf">> = {
  session: true,
  kinds: true,
  type: true,
  tags: true,
  limit: true,
  ...TIME_OPTIONS,
};

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

/** A hit with the event that holds the text. */
export interface CollabHitAsIs extends CollabHit {
  readonly textOffset: number;
}

export interface CollabHitsAsIs {
  /** Everything up to here was searched, of the kinds that were; newer texts may be found as well. 0 where none was. */
  readonly offset: number;
  /** Where the log ended. */
  readonly tail: number;
  /** The best first. */
  readonly hits: readonly CollabHitAsIs[];
  readonly more: boolean;
  /** Kinds that could not be searched, for nobody has ever brought them up: `collab refresh` does. */
  readonly unfilled: readonly SearchKind[];
}

interface Found extends Omit<CollabHitAsIs, "snippet"> {
  text(): Promise<string>;
}

/** Asks one read model. */
type Ask = <D extends object>(model: ReadModel<D>, query: string, where: Where) => Promise<SearchPage<D> | undefined>;
type Where = Readonly<Record<string, Comparison>>;

/**
 * Full-text search over conversations, memories and artifacts: `word begin* "a phrase" -without`. Everything else in a
 * query is data. Case, accents and punctuation do not matter; scripts without spaces are found by any run of their
 * characters. All backends find the same in the same order: by BM25, and the newest first where that is the same.
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
    assertOptions("a search", options, { ...AS_IS, asOf: true });
    const { asOf, limit = DEFAULT_HITS } = options;
    const at = asOf === undefined ? {} : { asOf };
    const asked = await this.#asked(query, options, (model, search, where) =>
      model.search(search, { where, limit }, at),
    );
    const offset = asOf ?? asked.tail;
    const reached = Math.max(offset, ...asked.pages.map((page) => page.offset));
    const hits = asked.hits.map(({ textOffset: _textOffset, ...hit }) => hit);
    return { offset: reached, hits, more: asked.more };
  }

  /**
   * The same for somebody who only looks: nothing is brought up to date, and no table is written. The answer says how far it
   * is true, and what could not be searched.
   *
   * @throws as search
   */
  async searchAsIs(query: string, options: Omit<CollabSearchOptions, "asOf"> = {}): Promise<CollabHitsAsIs> {
    assertOptions("a search as it is", options, AS_IS);
    const { limit = DEFAULT_HITS } = options;
    const asked = await this.#asked(query, options, (model, search, where) =>
      model.searchAsIs(search, { where, limit }),
    );
    const { hits, more, pages, tail, unfilled } = asked;
    const offset = pages.length === 0 ? 0 : Math.min(...pages.map((page) => page.offset));
    return { offset, tail: Math.max(tail, offset), hits, more, unfilled };
  }

  async #asked(query: string, options: CollabSearchOptions, ask: Ask) {
    const { session, tags = [], limit = DEFAULT_HITS } = options;
    wholeNumberIn("limit", limit, 1, MAX_HITS);
    assertTexts({ session, type: options.type });
    labels("tags", tags);
    const terms = parseSearch(query);
    const kinds = kindsOf(options);
    if (session !== undefined) await this.#collab.session(session, options);
    const { offset: tail } = await this.#collab.log.tail();
    const asked = kinds.map(async (kind) => ({
      kind,
      page: await this.#of(kind, query, labels("tags", tags), options, ask),
    }));
    const answers = await Promise.all(asked);
    const pages = answers.flatMap(({ page }) => page ?? []);
    const found = pages.flatMap(({ hits }) => hits).sort((a, b) => b.score - a.score || b.textOffset - a.textOffset);
    const hits: CollabHitAsIs[] = [];
    for (const { text, ...hit } of found.slice(0, limit)) {
      hits.push({ ...hit, snippet: snippetOf(await text(), terms) });
    }
    const unfilled = answers.filter(({ page }) => page === undefined).map(({ kind }) => kind);
    return { pages, tail, hits, unfilled, more: found.length > limit || pages.some(({ more }) => more) };
  }

  async #of(
    kind: SearchKind,
    query: string,
    tags: readonly string[],
    options: CollabSearchOptions,
    ask: Ask,
  ): Promise<{ offset: number; hits: Found[]; more: boolean } | undefined> {
    const { session, type } = options;
    const where = {
      ...defined({ session_id: session, [kind === "chunk" ? "format" : "type"]: type }),
      ...createdOf(options),
    };
    switch (kind) {
      case "chunk": {
        const page = await ask(this.#chunks, query, where);
        return foundIn(page, (chunk, data) => ({
          ...placeOf(kind, chunk),
          id: chunk.chunkId,
          type: chunk.format,
          textOffset: chunk.contentOffset,
          text: () => this.#text(chunk, data),
        }));
      }
      case "memory": {
        const tagged = [query, ...tags.map(tagWord)].join(" ");
        const page = await ask(this.#memories, tagged, where);
        return foundIn(page, (memory) => ({
          ...placeOf(kind, memory),
          id: memory.key,
          type: memory.type,
          textOffset: memory.lastOffset,
          text: async () => memoryTexts(memory).join("\n"),
        }));
      }
      case "artifact": {
        const page = await ask(this.#artifacts, query, where);
        return foundIn(page, (artifact, data) => ({
          ...placeOf(kind, artifact),
          id: artifact.artifactId,
          type: artifact.type,
          textOffset: artifact.contentOffset,
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
  if (!Array.isArray(kinds)) throw invalid("kinds is a list", `of: ${SEARCH_KINDS.join(", ")}`);
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
  page: SearchPage<D> | undefined,
  found: (document: D, data: string | null | undefined) => Omit<Found, "score">,
): { offset: number; hits: Found[]; more: boolean } | undefined {
  if (page === undefined) return undefined;
  const { offset, hits, more } = page;
  return { offset, more, hits: hits.map(({ document, score, data }) => ({ ...found(document, data), score })) };
}

function artifactText({ name, encoding }: Artifact, content: string): string {
  return encoding === "utf8" ? `${name}\n${content}` : name;
}
