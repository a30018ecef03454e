import { type ConversationChunk, collabChunks } from "../../projections/collab-chunks.js";
import { CHUNK_FORMATS, type ChunkFormat } from "../../projections/collab-events.js";
import { partId, partStream } from "../../projections/collab-streams.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { ConflictError, NotFoundError, RuleError } from "../errors.js";
import type { Page } from "../query/query.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { foldStream } from "../replay/fold-stream.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, content, labels, oneOf, timeText, timeTextOrNull } from "./collab-input.js";
import {
  asOfIn,
  type CollabAsOf,
  type CollabLog,
  type CollabNote,
  collabEvent,
  documentAfter,
  NOTE,
} from "./collab-log.js";
import {
  assertFilter,
  betweenTimes,
  type CollabPage,
  type CollabTimes,
  pageQuery,
  TIME_OPTIONS,
} from "./collab-page.js";

export interface ChunkInput {
  /** At most MAX_CONTENT_BYTES (8 MiB) of UTF-8. */
  readonly content: string;
  /** Default `dialogue`. */
  readonly format?: ChunkFormat;
  readonly startTime?: Date | string | null;
  readonly endTime?: Date | string | null;
  readonly participants?: readonly string[];
  /** Any JSON, such as decisions and action items that were found in the text. */
  readonly extractedItems?: unknown;
  readonly metadata?: unknown;
  /** When it was made, where that was before now. */
  readonly created?: Date | string;
}

const INPUT: KnownOptions<ChunkInput> = {
  content: true,
  format: true,
  startTime: true,
  endTime: true,
  participants: true,
  extractedItems: true,
  metadata: true,
  created: true,
};

export interface ChunkFilter extends CollabPage, CollabTimes {
  readonly format?: ChunkFormat;
}

/** Parts of conversations. Each is written once; their text is read one at a time. */
export class Conversations {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<ConversationChunk>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabChunks);
  }

  /**
   * @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID, CONTENT_TOO_LARGE; NotFoundError COLLAB_SESSION_NOT_FOUND;
   *   RuleError CHUNK_EXISTS
   */
  async add(session: string, chunkId: string, input: ChunkInput, note: CollabNote = {}): Promise<ConversationChunk> {
    assertCollabId("chunk", chunkId);
    assertOptions("a chunk", input, INPUT);
    assertOptions("a change", note, NOTE);
    const event = collabEvent("chunk.added", dataOf(input), note);
    await this.#collab.session(session);
    const stream = partStream("chunk", partId(session, chunkId));
    try {
      const { events } = await this.#collab.append({ stream, expectedVersion: 0, events: [event] }, note);
      return documentAfter(collabChunks, null, events);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new RuleError("CHUNK_EXISTS", `session ${session} has a chunk ${chunkId} already`, {
        hint: "what was said stays as it is: add it under another id",
      });
    }
  }

  /** Without texts, in the order in which they were made. @throws NotFoundError COLLAB_SESSION_NOT_FOUND */
  async list(session: string, filter: ChunkFilter = {}): Promise<Page<ConversationChunk>> {
    assertFilter("a list of chunks", filter, { format: true, ...TIME_OPTIONS });
    const { format } = filter;
    if (format !== undefined) oneOf("format", CHUNK_FORMATS, format);
    await this.#collab.session(session, filter);
    const where = { session_id: session, format, created: betweenTimes(filter) };
    const { query, asOf } = pageQuery(filter, where, [{ field: "created" }]);
    return this.#model.query(query, asOf);
  }

  /** With its text. @throws NotFoundError CHUNK_NOT_FOUND */
  async get(
    session: string,
    chunkId: string,
    options: CollabAsOf = {},
  ): Promise<ConversationChunk & { readonly content: string | null }> {
    const asOf = asOfIn("a chunk asked for", options);
    assertCollabId("session", session);
    assertCollabId("chunk", chunkId);
    const stream = partStream("chunk", partId(session, chunkId));
    await assertAsOf(this.#collab.log, asOf);
    const { document } = await foldStream(this.#collab.log, collabChunks, stream, asOf);
    if (document === null) {
      throw new NotFoundError("CHUNK_NOT_FOUND", `session ${session} has no chunk ${JSON.stringify(chunkId)}`, {
        hint: `see: sessiondb collab chunk list ${session}`,
      });
    }
    return { ...document, content: await contentAt(this.#collab, document.contentOffset) };
  }
}

/** The text of a chunk or of a version of an artifact; null where it was erased since. */
export async function contentAt(collab: CollabLog, offset: number): Promise<string | null> {
  const { data } = await collab.eventAt(offset);
  return (data as { content?: string } | undefined)?.content ?? null;
}

function dataOf(input: ChunkInput): object {
  const { format = "dialogue", startTime, endTime, participants = [], extractedItems = null, metadata = null } = input;
  return {
    content: content(input.content),
    format: oneOf("format", CHUNK_FORMATS, format),
    startTime: timeTextOrNull("startTime", startTime),
    endTime: timeTextOrNull("endTime", endTime),
    participants: labels("participants", participants),
    extractedItems: boundedJson("extractedItems", extractedItems),
    metadata: boundedJson("metadata", metadata),
    ...(input.created === undefined ? {} : { created: timeText("created", input.created) }),
  };
}
