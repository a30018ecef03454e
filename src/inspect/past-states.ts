import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { evolved } from "../replay/fold.js";
import { foldStream } from "../replay/fold-stream.js";
import { MemorySnapshots } from "../replay/memory-snapshots.js";
import { recordOf } from "../replay/record-steps.js";
import { type Change, changesBetween } from "./changes.js";
import type { EventColumns } from "./timeline/event-columns.js";

/** A session with more events is not folded from its beginning with every step. */
const MAX_FOLDED_EVENTS = 2_000;

export interface PastSession {
  /** null where it had no events by then; of a deleted one its last record. */
  readonly document: SessionDocument | null;
  /** Of its stream; 0 where it had no events. */
  readonly version: number;
}

export interface PastSessions {
  /** The last changed first; deleted ones are left out. */
  readonly documents: readonly SessionDocument[];
  /** Those that match, also beyond the page. */
  readonly total: number;
}

/**
 * States at any offset of a log, for somebody who walks through it: one session is folded from its own events, all of them
 * (and sessions with a very long history) come from snapshots in memory.
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
    const { documents, versions } = await this.#snapshots.stateAt(at);
    return { document: documents.get(id) ?? null, version: versions.get(id) ?? 0 };
  }

  /** @param text only sessions whose id or branch, status, task or repository holds it, in any case */
  async all(
    at: number,
    { text = "", skip = 0, limit = 100 }: { text?: string; skip?: number; limit?: number },
  ): Promise<PastSessions> {
    const { documents } = await this.#snapshots.stateAt(at);
    const wanted = text.toLowerCase();
    const found = [...documents.values()].filter(
      (document) => document.deleted === null && (wanted === "" || searched(document).includes(wanted)),
    );
    found.sort((a, b) => b.lastOffset - a.lastOffset);
    return { documents: found.slice(skip, skip + limit), total: found.length };
  }

  /** What one event of a session changed in its record. */
  async changesOf(id: string, event: SealedEvent): Promise<{ changes: readonly Change[]; fault: string | undefined }> {
    const { document: before } = await this.session(id, event.offset - 1);
    const after = evolved(sessions, before, event);
    const fault = after?.faults.find(({ offset }) => offset === event.offset)?.why;
    return { changes: changesBetween(recordOf(before), recordOf(after)), fault };
  }
}

function searched({ id, record }: SessionDocument): string {
  return [id, record.branch, record.status, record.taskId, record.repoName].filter(isText).join("\n").toLowerCase();
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
