import { collabData, MEMORY_TYPES, type MemoryType } from "../../projections/collab-events.js";
import { collabMemories, type Memory } from "../../projections/collab-memories.js";
import { partId, partStream } from "../../projections/collab-streams.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { NotFoundError } from "../errors.js";
import { eventsOf } from "../log/paging.js";
import type { Page } from "../query/query.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { evolved } from "../replay/fold.js";
import { foldStream } from "../replay/fold-stream.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, labels, oneOf, timeText } from "./collab-input.js";
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

export interface MemoryInput {
  readonly type: MemoryType | "general";
  /** Any JSON of at most MAX_JSON_CHARS (1 Mi) characters. */
  readonly content: unknown;
  readonly tags?: readonly string[];
  readonly created?: Date | string;
}

const INPUT: KnownOptions<MemoryInput> = { type: true, content: true, tags: true, created: true };

export interface MemoryFilter extends CollabPage, CollabTimes {
  readonly type?: MemoryType | "general";
  /** Only keys that begin so. */
  readonly keyPrefix?: string;
}

const TYPES = [...MEMORY_TYPES, "general"] as const;

/** What sessions remember, by key. A new value comes in front of the earlier ones and takes none of them away. */
export class Memories {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Memory>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabMemories);
  }

  /**
   * Writes a value under a key, and gives it back as it was written, also where somebody has set another one since.
   *
   * @param note `expectedVersion`: how many values the key must have had; 0: none
   * @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID, CONTENT_TOO_LARGE; NotFoundError COLLAB_SESSION_NOT_FOUND;
   *   ConflictError; InvalidEventError for what JSON cannot carry
   */
  async set(
    session: string,
    key: string,
    input: MemoryInput,
    note: CollabNote & { readonly expectedVersion?: number } = {},
  ): Promise<Memory> {
    assertCollabId("memory", key);
    assertOptions("a memory", input, INPUT);
    assertOptions("a change", note, { ...NOTE, expectedVersion: true });
    const event = collabEvent("memory.set", dataOf(input), note);
    await this.#collab.session(session);
    const { expectedVersion = "any" } = note;
    const stream = partStream("memory", partId(session, key));
    const { events, lastOffset } = await this.#collab.append({ stream, expectedVersion, events: [event] }, note);
    const [version] = events.map((one) => one.version);
    if (version === 1) return documentAfter(collabMemories, null, events);
    // Of a later value the first time of all is needed, which stands in the events before. Somebody may have set another since.
    const { document } = await foldStream(this.#collab.log, collabMemories, stream, lastOffset);
    return document as Memory; // it was just written
  }

  /** @throws NotFoundError MEMORY_NOT_FOUND */
  async get(session: string, key: string, options: CollabAsOf = {}): Promise<Memory> {
    const asOf = asOfIn("a memory asked for", options);
    const stream = this.#streamOf(session, key);
    await assertAsOf(this.#collab.log, asOf);
    const { document } = await foldStream(this.#collab.log, collabMemories, stream, asOf);
    if (document !== null) return document;
    throw notFound(session, key);
  }

  /** By key. @throws NotFoundError COLLAB_SESSION_NOT_FOUND */
  async list(session: string, filter: MemoryFilter = {}): Promise<Page<Memory>> {
    assertFilter("a list of memories", filter, { type: true, keyPrefix: true, ...TIME_OPTIONS });
    const { type, keyPrefix } = filter;
    if (type !== undefined) oneOf("type", TYPES, type);
    await this.#collab.session(session, filter);
    const key = keyPrefix === undefined ? undefined : { startsWith: keyPrefix };
    const where = { session_id: session, type, key, created: betweenTimes(filter) };
    const { query, asOf } = pageQuery(filter, where, [{ field: "key" }]);
    return this.#model.query(query, asOf);
  }

  /** All values that a key has had, the first one first. @throws NotFoundError MEMORY_NOT_FOUND */
  async history(session: string, key: string, options: CollabAsOf = {}): Promise<Memory[]> {
    const asOf = asOfIn("the values of a memory", options);
    const values: Memory[] = [];
    await assertAsOf(this.#collab.log, asOf);
    const range = asOf === undefined ? {} : { toOffset: asOf };
    for await (const event of eventsOf(this.#collab.log.readStream(this.#streamOf(session, key), range))) {
      if (collabData("memory.set", event) === undefined) continue;
      values.push(evolved(collabMemories, values.at(-1) ?? null, event) as Memory);
    }
    if (values.length > 0) return values;
    throw notFound(session, key);
  }

  #streamOf(session: string, key: string): string {
    assertCollabId("session", session);
    assertCollabId("memory", key);
    return partStream("memory", partId(session, key));
  }
}

function dataOf({ type, content, tags = [], created }: MemoryInput): object {
  oneOf("type", TYPES, type);
  const since = created === undefined ? {} : { created: timeText("created", created) };
  return { type, content: boundedJson("content", content), tags: labels("tags", tags), ...since };
}

function notFound(session: string, key: string): NotFoundError {
  return new NotFoundError("MEMORY_NOT_FOUND", `session ${session} has no memory ${JSON.stringify(key)}`, {
    hint: `see: sessiondb collab memory list ${session}`,
  });
}
