import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { evolved } from "../replay/fold.js";
import { foldStream } from "../replay/fold-stream.js";
import { MemorySnapshots } from "../replay/memory-snapshots.js";
import { recordOf } from "../replay/record-steps.js";
import { type Change, changesBetween } from "./changes.js";
import type { EventColumns } from "./timeline/event-columns.js";
import { type SessionRow, sessionRows } from "./timeline/session-rows.js";

/** A session with more events is not folded from its beginning with every step … */
const MAX_FOLDED_EVENTS = 2_000;
/** … nor is a page of sessions that have more together. */
const MAX_PAGE_EVENTS = 20_000;

export interface PastSession {
  /** null where it had no events by then; of a deleted one its last record. */
  readonly document: SessionDocument | null;
  /** Of its stream; 0 where it had no events. */
  readonly version: number;
}

export interface ListedSession extends SessionRow, PastSession {}

export interface PastSessions {
  /** The last changed first; deleted ones too. */
  readonly sessions: readonly ListedSession[];
  /** Those that match, also beyond the page. */
  readonly total: number;
}

/**
 * States at any offset of a log, for somebody who walks through it: sessions are folded from their own events, and where
 * these are very many, from snapshots of the whole log in memory, which the first such question makes.
 */
export class PastStates {
  readonly #log: EventLog;
  readonly #columns: () => EventColumns;
  readonly #snapshots: MemorySnapshots<SessionDocument>;

  /** @param columns of the same log, asked for anew each time */
  constructor(log: EventLog, columns: () => EventColumns) {
    this.#log = log;
    this.#columns = columns;
    this.#snapshots = new MemorySnapshots(log, sessions);
  }

  /** @param at inclusive */
  async session(id: string, at: number): Promise<PastSession> {
    const stream = sessionStream(id);
    if (this.#columns().eventsOf(stream) <= MAX_FOLDED_EVENTS) return foldStream(this.#log, sessions, stream, at);
    const [state] = await this.#fromSnapshots([{ session: id }], at);
    return state as PastSession;
  }

  /** A page of the sessions that had events by then. @param text only ids that hold it, in any case */
  async all(
    at: number,
    { text = "", skip = 0, limit = 50 }: { text?: string; skip?: number; limit?: number },
  ): Promise<PastSessions> {
    const { rows, total } = sessionRows(this.#columns(), {}, { at, text, skip, limit });
    const isMany = rows.reduce((sum, { events }) => sum + events, 0) > MAX_PAGE_EVENTS;
    const states = isMany
      ? await this.#fromSnapshots(rows, at)
      : await Promise.all(rows.map(({ session }) => this.session(session, at)));
    return { sessions: rows.map((row, i) => ({ ...row, ...(states[i] as PastSession) })), total };
  }

  /** What one event of a session changed in its record. */
  async changesOf(id: string, event: SealedEvent): Promise<{ changes: readonly Change[]; fault: string | undefined }> {
    const { document: before } = await this.session(id, event.offset - 1);
    const after = evolved(sessions, before, event);
    const fault = after?.faults.find(({ offset }) => offset === event.offset)?.why;
    return { changes: changesBetween(recordOf(before), recordOf(after)), fault };
  }

  async #fromSnapshots(rows: ReadonlyArray<{ readonly session: string }>, at: number): Promise<PastSession[]> {
    const { documents, versions } = await this.#snapshots.stateAt(at);
    return rows.map(({ session }) => {
      return { document: documents.get(session) ?? null, version: versions.get(session) ?? 0 };
    });
  }
}
