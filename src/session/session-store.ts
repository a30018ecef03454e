import type { SessionRecord, StoredRecord } from "../../projections/session-record.js";
import { type SessionDocument, sessionStream, sessions } from "../../projections/sessions.js";
import { SETTINGS_STREAM, type StoreSettings, storeSettings } from "../../projections/store-settings.js";
import { assertOptions } from "../config/known-options.js";
import { ConflictError } from "../errors.js";
import { type PointLike, pointText, resolvePoint } from "../inspect/point.js";
import { assertLog } from "../log/assert-log.js";
import type { NewEvent, SealedEvent } from "../log/event.js";
import type { AppendResult, EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { StreamAppend } from "../log/prepare.js";
import { Turns } from "../log/turns.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { CatchUp, type FoldedAt } from "../replay/catch-up.js";
import { evolved } from "../replay/fold.js";
import { foldLog } from "../replay/fold-log.js";
import { foldStream, type StreamState } from "../replay/fold-stream.js";
import { PastLog } from "../replay/past-log.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { foldStreamAt } from "../replay/stream-past.js";
import { StreamStates } from "../replay/stream-states.js";
import { type AsOf, asOfIn } from "./as-of.js";
import { assertChangeOptions, type ChangeOptions } from "./change-options.js";
import type { ChangesOf } from "./changes-of.js";
import { type CreateOptions, decideCreate } from "./decide-create.js";
import { decideDelete } from "./decide-delete.js";
import type { SessionChange } from "./decide-state.js";
import { assertPresent, decideUpdate } from "./decide-update.js";
import { defaultActor } from "./default-actor.js";
import { retryConflicts } from "./retry-conflicts.js";
import type { ChangeNote } from "./session-event.js";
import { assertSessionId } from "./session-id.js";
import { assertRecord, storedRecord } from "./stored-record.js";

export interface SessionStoreOptions {
  /** Default: SESSIONDB_ACTOR, MINSKY_ACTOR, else user@host. */
  readonly actor?: string;
}

/** Sessions in the order of their creation, and the offset at which this was true. */
export interface SessionList {
  readonly offset: number;
  readonly documents: readonly SessionDocument[];
}

export interface ChangeResult {
  readonly document: SessionDocument;
  /** Empty where nothing differed: nothing was appended. */
  readonly events: readonly SealedEvent[];
}

export interface AtOptions {
  /** The session that `v12` counts in. */
  readonly session?: string;
  /** What `2h` counts back from. Default: now. */
  readonly now?: Date;
}

/**
 * A store as it was: what only reads. (Handed to JavaScript, its writing methods reject with RefusedError
 * PAST_READ_ONLY.) Its `log` is the past too, so `diff`, `blame` and all that ask a log find nothing newer in it.
 */
export type PastStore = Pick<
  SessionStore,
  "log" | "actor" | "load" | "get" | "list" | "folded" | "settings" | "history" | "at"
>;

/**
 * The sessions of one log. Documents that it hands out are frozen. A read answers with everything that was appended
 * before it, by any process, or rejects; a change is decided on the present state and appended with its version. What is
 * asked as of an offset that the log does not have rejects with NotFoundError POINT_OUTSIDE, or UsageError ARGUMENT_INVALID.
 */
export class SessionStore {
  readonly log: EventLog;
  readonly actor: string;
  readonly #sessions: CatchUp<SessionDocument>;
  readonly #streams: StreamStates;
  readonly #turns = new Turns();

  constructor(log: EventLog, options: SessionStoreOptions = {}) {
    assertLog(log);
    assertOptions("SessionStore", options, { actor: true });
    this.log = log;
    this.actor = options.actor ?? defaultActor();
    this.#sessions = new CatchUp(log, sessions);
    this.#streams = new StreamStates(log);
  }

  /**
   * The store as it was at a point of the log: an offset, a time (the last event recorded at or before it), or a text such
   * as "42", "HEAD~3", "mark:NAME", "2026-01-31T10:00:00Z", "2h", and "v12" of a session. It stays there whatever is appended; of a
   * past store, `at` reaches no further than that store itself.
   *
   * @throws UsageError POINT_INVALID; NotFoundError POINT_OUTSIDE where the log has no such offset, version or time,
   *   MARK_NOT_FOUND; IntegrityError MARK_MISMATCH
   */
  async at(point: PointLike, options: AtOptions = {}): Promise<PastStore> {
    assertOptions("at", options, { session: true, now: true });
    const { session, now = new Date() } = options;
    const context = session === undefined ? { now } : { now, stream: sessionStream(session) };
    const { offset } = await resolvePoint(this.log, pointText(point), context);
    return new SessionStore(await PastLog.open(this.log, offset), { actor: this.actor });
  }

  /**
   * @returns null where there is no such session (then), or it was deleted
   * @throws UsageError SESSION_ID_INVALID an id that is no text
   */
  async load(id: string, options: AsOf = {}): Promise<SessionDocument | null> {
    const { document } = await this.#stateOf(id, asOfIn("load", options));
    return document === null || document.deleted !== null ? null : document;
  }

  /** As {@link load}. @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED, UsageError SESSION_ID_INVALID */
  async get(id: string, options: AsOf = {}): Promise<SessionDocument> {
    const asOf = asOfIn("get", options);
    return assertPresent((await this.#stateOf(id, asOf)).document, id, asOf);
  }

  async list(options: AsOf = {}): Promise<SessionList> {
    const { documents, offset } = await this.folded(options);
    const there = [...documents.values()].filter(({ deleted }) => deleted === null);
    // Their order in the map tells when each stream was first seen, and of which state: not the same in every process.
    return { offset, documents: there.sort((a, b) => a.createdOffset - b.createdOffset) };
  }

  /** All documents by id, deleted ones too. The map moves on with the next read: use it before waiting for anything. */
  async folded(options: AsOf = {}): Promise<FoldedAt<SessionDocument>> {
    const asOf = asOfIn("list", options);
    if (asOf === undefined) return this.#sessions.current();
    await assertAsOf(this.log, asOf);
    const { documents, versions, checkpoint } = await foldLog(this.log, sessions, asOf);
    return { documents, versions, offset: checkpoint.offset, hash: checkpoint.hash };
  }

  async settings(options: AsOf = {}): Promise<StreamState<StoreSettings>> {
    const asOf = asOfIn("settings", options);
    await assertAsOf(this.log, asOf);
    return foldStream(this.log, storeSettings, SETTINGS_STREAM, asOf);
  }

  /** The events of one session, oldest first. @throws NotFoundError SESSION_NOT_FOUND */
  async history(id: string, options: AsOf = {}): Promise<SealedEvent[]> {
    const asOf = asOfIn("history", options);
    await assertAsOf(this.log, asOf);
    const range = asOf === undefined ? {} : { toOffset: asOf };
    const events: SealedEvent[] = [];
    for await (const event of eventsOf(this.log.readStream(sessionStream(id), range))) events.push(event);
    if (events.length === 0) throw sessionNotFound(id, asOf);
    return events;
  }

  /**
   * @throws RuleError SESSION_EXISTS, SESSION_DELETED; UsageError SESSION_ID_INVALID, SESSION_RECORD_INVALID; RefusedError
   *   SECRET_REFUSED for a token in `github.token`; InvalidEventError for what no log can hold (DATA_NOT_JSON, NAME_INVALID …)
   */
  async create(record: SessionRecord, options: CreateOptions & ChangeOptions = {}): Promise<ChangeResult> {
    const stored = storedRecord(record);
    return this.change(stored.session, (current) => decideCreate(current, stored, options), options);
  }

  /**
   * Changes the present record: `change` gets a copy of its own and returns the new one, or an object gives new values
   * for its members (undefined removes one). May be called again after a conflict.
   *
   * @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED, SESSION_ID_FIXED, ConflictError VERSION_CONFLICT;
   *   UsageError SESSION_RECORD_INVALID, RefusedError SECRET_REFUSED, InvalidEventError as create
   */
  async update(
    id: string,
    change: ChangesOf<SessionRecord> | ((record: SessionRecord) => SessionRecord),
    options: ChangeOptions = {},
  ): Promise<ChangeResult> {
    const decide = (current: SessionDocument | null): NewEvent[] => {
      const copy = structuredClone(assertPresent(current, id).record) as SessionRecord;
      const next =
        typeof change === "function" ? change(copy) : ({ ...copy, ...assertRecord(change) } as SessionRecord);
      return decideUpdate(current, id, storedRecord(next) as StoredRecord, options);
    };
    return this.change(id, decide, options);
  }

  /** @throws NotFoundError SESSION_NOT_FOUND */
  async delete(id: string, options: ChangeOptions = {}): Promise<ChangeResult> {
    return this.change(id, (current) => decideDelete(current, id, options), options);
  }

  /**
   * Decides on the present state of one session and appends; decides again when somebody else was faster. Changes of one
   * session through this store wait for each other, in the order of their calls.
   */
  async change(
    id: string,
    decide: (current: SessionDocument | null) => readonly NewEvent[],
    options: ChangeOptions = {},
  ): Promise<ChangeResult> {
    PastLog.assertPresent(this.log);
    assertChangeOptions(options);
    assertSessionId(id);
    const { expectedVersion } = options;
    const stream = sessionStream(id);
    const decided = async () => {
      const { document, version } = await this.#stateOf(id);
      if (expectedVersion !== undefined && expectedVersion !== version) {
        throw new ConflictError(stream, expectedVersion, version);
      }
      const events = decide(document);
      if (events.length === 0) return { document: document as SessionDocument, events: [] };
      const result = await this.log.append({ stream, expectedVersion: version, events }, this.#by(options));
      return { document: afterEvents(document, result.events), events: result.events };
    };
    return this.#turns.take(id, () => (expectedVersion === undefined ? retryConflicts(decided) : decided()));
  }

  /**
   * Decides on the present state of all sessions and appends in one atomic append; decides again when somebody else was
   * faster with one of them. `others` gives what joins the append, anew for each attempt.
   *
   * @returns undefined where nothing differed
   */
  async changeMany(
    decide: (current: FoldedAt<SessionDocument>) => readonly SessionChange[],
    options: ChangeNote & { readonly actor?: string } = {},
    others: () => Promise<readonly StreamAppend[]> = async () => [],
  ): Promise<AppendResult | undefined> {
    PastLog.assertPresent(this.log);
    return retryConflicts(async () => {
      const joining = await others();
      const current = await this.#sessions.current();
      const changes = decide(current).map(({ id, events }): StreamAppend => {
        return { stream: sessionStream(id), expectedVersion: current.versions.get(id) ?? 0, events };
      });
      const batch = [...changes, ...joining];
      return batch.length === 0 ? undefined : this.log.append(batch, this.#by(options));
    });
  }

  async #stateOf(id: string, asOf?: number): Promise<StreamState<SessionDocument>> {
    const stream = sessionStream(id);
    if (asOf !== undefined) {
      await assertAsOf(this.log, asOf);
      return foldStreamAt(this.log, sessions, stream, asOf);
    }
    if (!this.#sessions.isWarm) return this.#streams.state(sessions, stream);
    const { documents, versions } = await this.#sessions.current();
    return { document: documents.get(id) ?? null, version: versions.get(id) ?? 0 };
  }

  #by({ actor }: { readonly actor?: string }): { actor: string } {
    return { actor: actor ?? this.actor };
  }
}

function afterEvents(document: SessionDocument | null, events: readonly SealedEvent[]): SessionDocument {
  let after = document;
  for (const event of events) after = evolved(sessions, after, event);
  return after as SessionDocument;
}
