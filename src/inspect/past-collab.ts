import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabStream } from "../../projections/collab-streams.js";
import { collabTasks } from "../../projections/collab-tasks.js";
import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { evolved } from "../replay/fold.js";
import { foldStream } from "../replay/fold-stream.js";
import {
  artifactOf,
  chunkOf,
  memoryOf,
  type PastArtifact,
  type PastChunk,
  type PastCollabState,
  type PastMemory,
  type PastTask,
  stateOf,
  taskOf,
} from "./past-collab-shapes.js";
import { type CollabSpan, CollabSpans, type CollabTotal } from "./timeline/collab-spans.js";
import type { EventColumns } from "./timeline/event-columns.js";

/** A page ends early rather than have more than this read for it, in UTF-16 units; it has one thing at least. */
const MAX_PAGE_CHARS = 16 * 1_048_576;

/** A collaborative session with how many of each were in it. Times are ISO 8601 UTC. */
export interface PastCollabSession {
  readonly session: string;
  /** null where its beginning was erased, or is not there. */
  readonly state: PastCollabState | null;
  /** Of the session or of anything in it. */
  readonly lastOffset: number;
  readonly lastActor: string;
  readonly lastAt: string;
  readonly counts: Readonly<Record<"chunk" | "memory" | "task" | "artifact", number>>;
}

export interface PastPage<T> {
  readonly rows: readonly T[];
  /** All that there were by then, also beyond the page. */
  readonly total: number;
  /** On this page, but erased or not as its type declares. */
  readonly unreadable: number;
  /** `skip` of the page behind this one; null at the end. */
  readonly next: number | null;
}

export interface PastPageOptions {
  /** Of those that match, leave out so many at the beginning. Default 0. */
  readonly skip?: number;
  /** Default 50. */
  readonly limit?: number;
}

/**
 * Collaborative sessions at any offset of a log, for somebody who walks through it: what there was is known from the
 * columns, and only the things of one page are read, each from its own few events. Every list has the last changed first.
 */
export class PastCollab {
  readonly #log: EventLog;
  readonly #columns: () => EventColumns;
  #spans: { readonly of: EventColumns; readonly spans: CollabSpans } | undefined;

  /** @param columns of the same log, asked for anew each time; they must hold the offsets that are asked about */
  constructor(log: EventLog, columns: () => EventColumns) {
    this.#log = log;
    this.#columns = columns;
  }

  /** @param at inclusive @param text only ids that hold it, in any case */
  async sessions(
    at: number,
    { text = "", ...page }: PastPageOptions & { readonly text?: string } = {},
  ): Promise<PastPage<PastCollabSession>> {
    const columns = this.#columns();
    const wanted = text.toLowerCase();
    const found = this.#spansOf(columns)
      .totals(at)
      .filter(({ session }) => session.toLowerCase().includes(wanted));
    return this.#page(
      found.map((total) => ({ ...total, chars: 0 })),
      page,
      (total) => this.#session(columns, total, at),
    );
  }

  /** @returns undefined where nothing of it was there by then */
  async session(id: string, at: number): Promise<PastCollabSession | undefined> {
    const columns = this.#columns();
    const total = this.#spansOf(columns)
      .totals(at)
      .find(({ session }) => session === id);
    return total === undefined ? undefined : this.#session(columns, total, at);
  }

  chunks(session: string, at: number, page: PastPageOptions = {}): Promise<PastPage<PastChunk>> {
    return this.#parts(session, "chunk", at, page, async (span) => {
      return told(chunkOf, span, await this.#newest(collabChunks, span, at));
    });
  }

  memories(session: string, at: number, page: PastPageOptions = {}): Promise<PastPage<PastMemory>> {
    return this.#parts(session, "memory", at, page, async (span) => {
      return told(memoryOf, span, await this.#newest(collabMemories, span, at));
    });
  }

  tasks(session: string, at: number, page: PastPageOptions = {}): Promise<PastPage<PastTask>> {
    return this.#parts(session, "task", at, page, async (span) => {
      return told(taskOf, span, (await foldStream(this.#log, collabTasks, span.stream, at)).document);
    });
  }

  artifacts(session: string, at: number, page: PastPageOptions = {}): Promise<PastPage<PastArtifact>> {
    return this.#parts(session, "artifact", at, page, async (span) => {
      return told(artifactOf, span, await this.#newest(collabArtifacts, span, at));
    });
  }

  /** A log that was cut back has other columns. */
  #spansOf(columns: EventColumns): CollabSpans {
    if (this.#spans?.of !== columns) this.#spans = { of: columns, spans: new CollabSpans(columns) };
    return this.#spans.spans;
  }

  async #session(
    columns: EventColumns,
    { session, last, counts }: CollabTotal,
    at: number,
  ): Promise<PastCollabSession> {
    const { document } = await foldStream(this.#log, collabSessions, collabStream(session), at);
    const { session: _session, ...parts } = counts;
    return {
      session,
      state: document === null ? null : stateOf(document),
      lastOffset: last,
      lastActor: columns.actors.textOf(columns.actor[last - 1] as number),
      lastAt: columns.recordedAt(last),
      counts: parts,
    };
  }

  #parts<T>(
    session: string,
    kind: CollabSpan["kind"],
    at: number,
    page: PastPageOptions,
    read: (span: CollabSpan) => Promise<T | null>,
  ): Promise<PastPage<T>> {
    const spans = this.#spansOf(this.#columns())
      .at(at, session)
      .filter((span) => span.kind === kind);
    // Of a task all events are read, of the others the last.
    const sized = spans.map((span) => (kind === "task" ? span : { ...span, chars: span.lastChars }));
    return this.#page(sized, page, read);
  }

  async #page<S extends { readonly last: number; readonly chars: number }, T>(
    all: readonly S[],
    { skip = 0, limit = 50 }: PastPageOptions,
    read: (one: S) => Promise<T | null>,
  ): Promise<PastPage<T>> {
    const ordered = [...all].sort((a, b) => b.last - a.last);
    const rows: T[] = [];
    let [taken, chars] = [0, 0];
    for (const one of ordered.slice(skip, skip + limit)) {
      if (taken > 0 && chars + one.chars > MAX_PAGE_CHARS) break;
      const row = await read(one);
      if (row !== null) rows.push(row);
      taken++;
      chars += one.chars;
    }
    const end = skip + taken;
    return { rows, total: all.length, unreadable: taken - rows.length, next: end < all.length ? end : null };
  }

  /** The last event has all of it, and the events before may be very many and long. */
  async #newest<D extends object>(projection: Projection<D>, { stream }: CollabSpan, at: number): Promise<D | null> {
    const event = await this.#log.readLast(stream, { toOffset: at });
    const newest = event === undefined ? null : evolved(projection, null, event);
    return newest ?? (await foldStream(this.#log, projection, stream, at)).document;
  }
}

function told<D, T>(
  shape: (listed: { key: string; offset: number; version: number }, document: D) => T,
  { key, last, events }: CollabSpan,
  document: D | null,
): T | null {
  return document === null ? null : shape({ key, offset: last, version: events }, document);
}
