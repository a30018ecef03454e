import { type CollabStatus, SESSION_STATUSES } from "../../projections/collab-events.js";
import { type CollabSession, collabSessions } from "../../projections/collab-sessions.js";
import { collabStream } from "../../projections/collab-streams.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { RuleError } from "../errors.js";
import type { Page } from "../query/query.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, label, labels, oneOf, timeText } from "./collab-input.js";
import { asOfIn, type CollabAsOf, type CollabLog, type CollabNote, collabEvent } from "./collab-log.js";
import { assertFilter, type CollabPage, pageQuery } from "./collab-page.js";

/** What can be said of a session. `context` and `metadata` are any JSON. */
export interface CollabSessionInput {
  readonly title?: string;
  readonly participants?: readonly string[];
  readonly context?: unknown;
  readonly metadata?: unknown;
}

const INPUT: KnownOptions<CollabSessionInput> = { title: true, participants: true, context: true, metadata: true };

export interface CollabSessionFilter extends CollabPage {
  readonly status?: CollabStatus;
  /** Words of id, title or context: `word begin* "a phrase" -without`. */
  readonly search?: string;
}

/** Sessions of people and agents: their beginning, their state, their end. */
export class CollabSessions {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<CollabSession>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabSessions);
  }

  /** @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID; RuleError COLLAB_SESSION_EXISTS */
  async create(
    id: string,
    input: CollabSessionInput & { readonly created?: Date | string } = {},
    note: CollabNote = {},
  ): Promise<CollabSession> {
    assertCollabId("session", id);
    assertOptions("a session", input, { ...INPUT, created: true });
    const { title = id, participants = [], context = null, metadata = null, created } = input;
    const data = describedOf({ title, participants, context, metadata });
    const since = created === undefined ? {} : { created: timeText("created", created) };
    return this.#change(id, note, (session) => {
      if (session === null) return [collabEvent("collab.created", { ...data, ...since }, note)];
      throw new RuleError("COLLAB_SESSION_EXISTS", `there is a collaborative session ${id} already`, {
        hint: "load it, or choose another id",
      });
    });
  }

  /** With its counters; now, or as it was. @throws NotFoundError COLLAB_SESSION_NOT_FOUND */
  async get(id: string, options: CollabAsOf = {}): Promise<CollabSession> {
    assertCollabId("session", id);
    asOfIn("a session asked for", options);
    // Its counters are folded from other streams, too.
    return (await this.#model.get(id, options)) ?? (await this.#collab.session(id, options)).document;
  }

  /** The last active first. */
  async list(filter: CollabSessionFilter = {}): Promise<Page<CollabSession>> {
    assertFilter("a list of sessions", filter, { status: true, search: true });
    const { status, search } = filter;
    if (status !== undefined) oneOf("status", SESSION_STATUSES, status);
    const { query, asOf } = pageQuery(filter, { status }, [{ field: "last_activity", direction: "desc" }]);
    return this.#model.query(search === undefined ? query : { ...query, search }, asOf);
  }

  /** Changes what is named; the rest stays. */
  async update(id: string, input: CollabSessionInput, note: CollabNote = {}): Promise<CollabSession> {
    assertOptions("a change of a session", input, INPUT);
    const data = describedOf(input);
    await this.#collab.session(id);
    return this.#change(id, note, () => {
      return Object.keys(data).length === 0 ? [] : [collabEvent("collab.updated", data, note)];
    });
  }

  /** @throws RuleError COLLAB_STATUS_CONFLICT it is completed */
  async pause(id: string, note: CollabNote = {}): Promise<CollabSession> {
    return this.#move(id, "collab.paused", "paused", note);
  }

  /** @throws RuleError COLLAB_STATUS_CONFLICT it is completed */
  async resume(id: string, note: CollabNote = {}): Promise<CollabSession> {
    return this.#move(id, "collab.resumed", "active", note);
  }

  /**
   * For good: a completed session stays readable and can be written about, but never becomes active again.
   *
   * @param note `at`: when that was, where it was before now
   */
  async complete(
    id: string,
    { at, ...note }: CollabNote & { readonly at?: Date | string } = {},
  ): Promise<CollabSession> {
    return this.#move(id, "collab.completed", "completed", note, at === undefined ? {} : { at: timeText("at", at) });
  }

  async #move(
    id: string,
    type: "collab.paused" | "collab.resumed" | "collab.completed",
    to: CollabStatus,
    note: CollabNote,
    data: object = {},
  ): Promise<CollabSession> {
    await this.#collab.session(id);
    return this.#change(id, note, (session) => {
      if (session?.status === to) return [];
      if (session?.status !== "completed") return [collabEvent(type, data, note)];
      throw new RuleError("COLLAB_STATUS_CONFLICT", `session ${id} is completed and cannot become ${to}`, {
        hint: "create another session; this one stays readable",
      });
    });
  }

  async #change(
    id: string,
    note: CollabNote,
    decide: (session: CollabSession | null) => ReturnType<typeof collabEvent>[],
  ): Promise<CollabSession> {
    await this.#collab.change(collabSessions, collabStream(id), decide, note);
    return this.get(id);
  }
}

function describedOf({ title, participants, context, metadata }: CollabSessionInput): CollabSessionInput {
  return {
    ...(context === undefined ? {} : { context: boundedJson("context", context) }),
    ...(metadata === undefined ? {} : { metadata: boundedJson("metadata", metadata) }),
    ...(title === undefined ? {} : { title: label("title", title) }),
    ...(participants === undefined ? {} : { participants: labels("participants", participants) }),
  };
}
