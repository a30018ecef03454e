import { COLLAB_SCHEMA, type CollabEventType, collabDataFault } from "../../projections/collab-events.js";
import { type CollabSession, collabSessions } from "../../projections/collab-sessions.js";
import { collabStream } from "../../projections/collab-streams.js";
import type { Projection } from "../../projections/projection.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { InvalidEventError, NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventMeta, NewEvent, SealedEvent } from "../log/event.js";
import type { AppendResult, EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { StreamAppend } from "../log/prepare.js";
import { Turns } from "../log/turns.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { evolved } from "../replay/fold.js";
import { foldStream, type StreamState } from "../replay/fold-stream.js";
import { PastLog } from "../replay/past-log.js";
import { StreamStates } from "../replay/stream-states.js";
import { defaultActor } from "../session/default-actor.js";
import { retryConflicts } from "../session/retry-conflicts.js";
import { assertCollabId } from "./collab-id.js";

export interface CollabOptions {
  /** Default: SESSIONDB_ACTOR, MINSKY_ACTOR, else user@host. */
  readonly actor?: string;
  /** What leases and backoffs are counted by. */
  readonly now?: () => Date;
}

/** What a writer says about a change. */
export interface CollabNote {
  readonly actor?: string;
  readonly reason?: string;
  readonly source?: string;
}

/** The state after this offset (inclusive). Default: now. Of an offset that the log does not have: NotFoundError POINT_OUTSIDE. */
export interface CollabAsOf {
  readonly asOf?: number;
}

export const NOTE: KnownOptions<CollabNote> = { actor: true, reason: true, source: true };

const AS_OF: KnownOptions<CollabAsOf> = { asOf: true };

/** @throws TypeError where another option is named: the answer would be the present */
export function asOfIn(question: string, options: CollabAsOf): number | undefined {
  assertOptions(question, options, AS_OF);
  return options.asOf;
}

/** What the parts of CollaborativeSessions share: one log, who writes, and what time it is. */
export class CollabLog {
  readonly log: EventLog;
  readonly actor: string;
  readonly #streams: StreamStates;
  readonly #now: () => Date;
  readonly #turns = new Turns();
  readonly #listeners: Array<(events: readonly SealedEvent[]) => void> = [];

  constructor(log: EventLog, options: CollabOptions = {}) {
    assertLog(log);
    assertOptions("CollaborativeSessions", options, { actor: true, now: true });
    const { actor, now = () => new Date() } = options;
    this.log = log;
    this.#streams = new StreamStates(log);
    this.actor = actor ?? defaultActor();
    this.#now = now;
  }

  /** In milliseconds since 1970. */
  nowMs(): number {
    return this.#now().getTime();
  }

  nowText(): string {
    return this.#now().toISOString();
  }

  /** @throws NotFoundError COLLAB_SESSION_NOT_FOUND, UsageError COLLAB_ID_INVALID */
  async session(
    id: string,
    { asOf }: CollabAsOf = {},
  ): Promise<StreamState<CollabSession> & { document: CollabSession }> {
    assertCollabId("session", id);
    await assertAsOf(this.log, asOf);
    const stream = collabStream(id);
    const past = asOf === undefined ? undefined : foldStream(this.log, collabSessions, stream, asOf);
    const { document, version } = await (past ?? this.state(collabSessions, stream));
    if (document !== null) return { document, version };
    throw new NotFoundError("COLLAB_SESSION_NOT_FOUND", `there is no collaborative session ${JSON.stringify(id)}`, {
      hint: "see: sessiondb collab list --all",
    });
  }

  /** The present state of one stream. */
  state<D extends object>(projection: Projection<D>, stream: string): Promise<StreamState<D>> {
    return this.#streams.state(projection, stream);
  }

  /** @param tailHash as in `AppendOptions` */
  async append(
    batch: StreamAppend | readonly StreamAppend[],
    { actor }: CollabNote = {},
    tailHash?: string,
  ): Promise<AppendResult> {
    PastLog.assertPresent(this.log);
    const by = { actor: actor ?? this.actor };
    const appended = await this.log.append(batch, tailHash === undefined ? by : { ...by, tailHash });
    if (appended.queued !== true) this.tell(appended.events);
    return appended;
  }

  /** Who appends in another way than `append` says so here. */
  tell(events: readonly SealedEvent[]): void {
    for (const hear of this.#listeners) hear(events);
  }

  /** `hear` is given the events of each append of this process, once they are in the log, before its caller has them. */
  onAppended(hear: (events: readonly SealedEvent[]) => void): void {
    this.#listeners.push(hear);
  }

  /** Decides on the present document of one stream and appends; decides again when somebody else was faster. */
  change<D extends object>(
    projection: Projection<D>,
    stream: string,
    decide: (document: D | null, version: number) => readonly NewEvent[],
    note: CollabNote = {},
  ): Promise<D> {
    assertOptions("a change", note, NOTE);
    const decided = async () => {
      const { document, version } = await this.state(projection, stream);
      const events = decide(document, version);
      if (events.length === 0) return document as D;
      const appended = await this.append({ stream, expectedVersion: version, events }, note);
      return documentAfter(projection, document, appended.events);
    };
    return this.#turns.take(stream, () => retryConflicts(decided));
  }

  /** The event at an offset that a document names. */
  async eventAt(offset: number): Promise<SealedEvent> {
    for await (const event of eventsOf(this.log.readAll({ from: offset, to: offset }))) return event;
    throw new NotFoundError("POINT_OUTSIDE", `there is no event at offset ${offset}`, {
      hint: "the log was cut back meanwhile: ask again",
    });
  }
}

/** The only place where these events are made. @throws InvalidEventError COLLAB_EVENT_INVALID */
export function collabEvent(type: CollabEventType, data: object, { reason, source }: CollabNote = {}): NewEvent {
  const fault = collabDataFault(type, data);
  if (fault !== undefined) {
    throw new InvalidEventError("COLLAB_EVENT_INVALID", fault, "/data", { hint: "check the values that are written" });
  }
  const meta: EventMeta = { schema: COLLAB_SCHEMA };
  if (reason !== undefined) meta.reason = reason;
  if (source !== undefined) meta.source = source;
  return { type, data, meta };
}

export function documentAfter<D extends object>(
  projection: Projection<D>,
  before: D | null,
  events: readonly SealedEvent[],
): D {
  let document = before;
  for (const event of events) document = evolved(projection, document, event);
  return document as D;
}
