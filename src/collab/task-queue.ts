import { v7 as uuidV7 } from "uuid";
import { TASK_STATUSES, type TaskStatus } from "../../projections/collab-events.js";
import { partId, partIdOf, partStream, splitPartId } from "../../projections/collab-streams.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { assertOptions } from "../config/known-options.js";
import { ConflictError, RuleError } from "../errors.js";
import type { NewEvent, SealedEvent } from "../log/event.js";
import { eventsOf } from "../log/paging.js";
import type { Page } from "../query/query.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { foldStream } from "../replay/fold-stream.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import type { ClaimPace } from "./claim-pace.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, label, labels, oneOf } from "./collab-input.js";
import {
  asOfIn,
  type CollabAsOf,
  type CollabLog,
  type CollabNote,
  collabEvent,
  documentAfter,
  NOTE,
} from "./collab-log.js";
import { assertFilter, assertTexts, type CollabPage, pageQuery } from "./collab-page.js";
import { decideExpired, held, open, retryAt, taskNotFound, timeAt } from "./decide-task.js";
import { type ClaimOptions, leaseMsOf, TaskClaims } from "./task-claims.js";
import { createdData, endEvent, INPUT, MAX_ERROR_CHARS, type TaskEnd, type TaskInput } from "./task-input.js";

/** Documents of one page while expired tasks are given back. */
const PAGE = 100;

export interface TaskFilter extends CollabPage {
  readonly session?: string;
  readonly status?: TaskStatus;
  readonly agentName?: string;
  readonly claimedBy?: string;
}

export interface LeaseOptions extends CollabNote {
  /** From now on, 1 to 86,400,000; default 60,000. */
  readonly leaseMs?: number;
}

/**
 * Tasks: created by one, claimed by another, done by exactly one. A claim holds a task for its lease; its fencing token
 * must be named with all that is done to the task, and a worker whose lease is gone is refused. A task whose lease ran out
 * is handed out again. Who claimed what, when, is the log itself.
 *
 * Leases are counted by the clocks of those who claim: between machines, these should agree to well below a lease.
 */
export class TaskQueue {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Task>;
  readonly #claims: TaskClaims;

  /** `newPace` says when an agent's claims are worth a window. */
  constructor(collab: CollabLog, newPace?: () => ClaimPace) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabTasks);
    this.#claims = new TaskClaims(collab, this.#model, newPace);
  }

  /**
   * @param session null: a task of no session @param note `ended`: of a task that was done elsewhere, how
   * @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID; NotFoundError COLLAB_SESSION_NOT_FOUND; RuleError TASK_EXISTS
   */
  async create(
    session: string | null,
    input: TaskInput,
    { ended, ...note }: CollabNote & { readonly ended?: TaskEnd | undefined } = {},
  ): Promise<Task> {
    assertOptions("a task", input, INPUT);
    assertOptions("a change", note, NOTE);
    const { taskId = uuidV7() } = input;
    assertCollabId("task", taskId);
    const event = collabEvent("task.created", createdData(input), note);
    const end = ended === undefined ? [] : [endEvent(ended, this.#collab.nowText(), note)];
    if (session !== null) await this.#collab.session(session);
    const id = partId(session, taskId);
    try {
      const append = { stream: partStream("task", id), expectedVersion: 0, events: [event, ...end] };
      const { events } = await this.#collab.append(append, note);
      return documentAfter(collabTasks, null, events);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new RuleError("TASK_EXISTS", `there is a task ${id} already`, {
        hint: "leave the id out to get a new one",
      });
    }
  }

  /**
   * Hands out the task of this agent with the highest priority, of those the oldest, to `controlAgent`. Atomic among all
   * processes of the log. An agent that is registered with `maxConcurrent` holds no more than so many at a time.
   *
   * @returns null where there is none now
   * @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID; UnavailableError QUEUE_BUSY
   */
  claim(agentName: string, controlAgent: string, options: ClaimOptions = {}): Promise<Task | null> {
    return this.#claims.claim(agentName, controlAgent, options);
  }

  /** The work has begun; the lease begins anew. @throws as complete */
  async start(id: string, token: number, options: LeaseOptions = {}): Promise<Task> {
    const { leaseMs, ...note } = leaseIn("a start", options);
    const lease = leaseMsOf(leaseMs);
    return this.#holding(id, token, note, (task, nowMs) => {
      if (task.status === "running") return [];
      const data = { leaseUntil: timeAt(nowMs + lease), at: timeAt(nowMs) };
      return [collabEvent("task.started", data, note)];
    });
  }

  /** The worker is there; the lease begins anew. @throws as complete */
  async heartbeat(id: string, token: number, options: LeaseOptions = {}): Promise<Task> {
    const { leaseMs, ...note } = leaseIn("a heartbeat", options);
    const lease = leaseMsOf(leaseMs);
    return this.#holding(id, token, note, (_task, nowMs) => {
      return [collabEvent("task.heartbeat", { leaseUntil: timeAt(nowMs + lease) }, note)];
    });
  }

  /** @throws NotFoundError TASK_NOT_FOUND; RuleError TASK_ENDED, LEASE_LOST: nothing was written */
  async complete(
    id: string,
    token: number,
    result: { readonly output?: unknown; readonly artifacts?: readonly string[] } = {},
    note: CollabNote = {},
  ): Promise<Task> {
    assertOptions("a result", result, { output: true, artifacts: true });
    const { output = null, artifacts = [] } = result;
    const data = { output: boundedJson("output", output), artifacts: labels("artifacts", artifacts) };
    return this.#holding(id, token, note, (_task, nowMs) => {
      return [collabEvent("task.completed", { ...data, at: timeAt(nowMs) }, note)];
    });
  }

  /** It is handed out again after its backoff, unless this was the last attempt or `retry` is false. @throws as complete */
  async fail(
    id: string,
    token: number,
    failure: { readonly error: string; readonly output?: unknown; readonly retry?: boolean },
    note: CollabNote = {},
  ): Promise<Task> {
    assertOptions("a failure", failure, { error: true, output: true, retry: true });
    const { error, output = null, retry = true } = failure;
    const why = label("error", error, MAX_ERROR_CHARS);
    boundedJson("output", output);
    return this.#holding(id, token, note, (task, nowMs) => {
      const data = { error: why, output, retryAt: retry ? retryAt(task, nowMs) : null, at: timeAt(nowMs) };
      return [collabEvent("task.failed", data, note)];
    });
  }

  /** Also while somebody works on it, who is refused from then on. @throws NotFoundError TASK_NOT_FOUND; RuleError TASK_ENDED */
  async cancel(id: string, note: CollabNote = {}): Promise<Task> {
    return this.#change(id, note, (task) => {
      open(task, id);
      const data = { why: note.reason ?? null, at: this.#collab.nowText() };
      return [collabEvent("task.cancelled", data, note)];
    });
  }

  /** Gives back what lost workers hold, as the next claim would. @returns how many became pending, or failed for good */
  async requeueExpired(note: CollabNote = {}): Promise<number> {
    let count = 0;
    for (;;) {
      const where = { status: { in: ["claimed", "running"] }, ready_at: { lte: this.#collab.nowText() } };
      const { documents } = await this.#model.query({ where, limit: PAGE });
      if (documents.length === 0) return count;
      for (const { id } of documents) if (await this.#giveBack(id, note)) count++;
    }
  }

  /** @returns false where it has ended since, its lease was begun anew, or somebody else has given it back */
  async #giveBack(id: string, note: CollabNote): Promise<boolean> {
    let events: readonly NewEvent[] = [];
    try {
      await this.#change(id, note, (task) => {
        events = decideExpired(open(task, id), this.#collab.nowMs(), note);
        return events;
      });
    } catch (error) {
      if (error instanceof RuleError) return false;
      throw error;
    }
    return events.length > 0;
  }

  /** @throws NotFoundError TASK_NOT_FOUND */
  async get(id: string, options: CollabAsOf = {}): Promise<Task> {
    const asOf = asOfIn("a task asked for", options);
    await assertAsOf(this.#collab.log, asOf);
    const { document } = await foldStream(this.#collab.log, collabTasks, streamOf(id), asOf);
    if (document === null) throw taskNotFound(id);
    return document;
  }

  /** In the order of the queue: highest priority first, then oldest. */
  async list(filter: TaskFilter = {}): Promise<Page<Task>> {
    assertFilter("a list of tasks", filter, { session: true, status: true, agentName: true, claimedBy: true });
    const { session, status, agentName, claimedBy } = filter;
    if (status !== undefined) oneOf("status", TASK_STATUSES, status);
    assertTexts({ session, agentName, claimedBy });
    const where = { session_id: session, status, agent_name: agentName, claimed_by: claimedBy };
    const { query, asOf } = pageQuery(filter, where, QUEUE_ORDER);
    return this.#model.query(query, asOf);
  }

  /** Its events, the first one first. @throws NotFoundError TASK_NOT_FOUND */
  async history(id: string, options: CollabAsOf = {}): Promise<SealedEvent[]> {
    const asOf = asOfIn("the history of a task", options);
    await assertAsOf(this.#collab.log, asOf);
    const events: SealedEvent[] = [];
    const range = asOf === undefined ? {} : { toOffset: asOf };
    for await (const event of eventsOf(this.#collab.log.readStream(streamOf(id), range))) events.push(event);
    if (events.length === 0) throw taskNotFound(id);
    return events;
  }

  #holding(
    id: string,
    token: number,
    note: CollabNote,
    decide: (task: Task, nowMs: number) => readonly NewEvent[],
  ): Promise<Task> {
    return this.#change(id, note, (task) => {
      const nowMs = this.#collab.nowMs();
      return decide(held(task, id, token, nowMs), nowMs);
    });
  }

  #change(id: string, note: CollabNote, decide: (task: Task | null) => readonly NewEvent[]): Promise<Task> {
    return this.#collab.change(collabTasks, streamOf(id), decide, note);
  }
}

/** @throws TypeError */
function leaseIn(of: string, options: LeaseOptions): LeaseOptions {
  assertOptions(of, options, { ...NOTE, leaseMs: true });
  return options;
}

const QUEUE_ORDER = [
  { field: "priority", direction: "desc" },
  { field: "created_offset", direction: "asc" },
] as const;

/** @throws NotFoundError TASK_NOT_FOUND, UsageError COLLAB_ID_INVALID */
function streamOf(id: string): string {
  const stream = partStream("task", id);
  if (partIdOf("task", stream) === undefined) throw taskNotFound(id);
  const { session, key } = splitPartId(id);
  if (session !== "") assertCollabId("session", session);
  assertCollabId("task", key);
  return stream;
}
