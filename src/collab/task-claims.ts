import { collabAgents } from "../../projections/collab-agents.js";
import { agentStream, partStream } from "../../projections/collab-streams.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { ConflictError, UnavailableError } from "../errors.js";
import type { NewEvent } from "../log/event.js";
import type { StreamAppend } from "../log/prepare.js";
import type { ReadModel } from "../replay/read-model/read-model.js";
import { takeFromPages } from "../replay/read-model/take.js";
import { ClaimGroups, type ClaimOutcome, NOTHING } from "./claim-groups.js";
import type { ClaimPace } from "./claim-pace.js";
import { type Asked, ClaimsByServer } from "./claims-by-server.js";
import { assertCollabId } from "./collab-id.js";
import { label, labelOrNull, wholeNumberIn } from "./collab-input.js";
import { type CollabLog, type CollabNote, collabEvent, documentAfter, NOTE } from "./collab-log.js";
import { type Claim, decideClaim, timeAt } from "./decide-task.js";
import { WindowClaims } from "./window-claims.js";

/** Tasks of one question: those that others take meanwhile are passed over. */
const CANDIDATES = 16;
/** Of a task that failed, or was given back, nobody knows but the log until the read model is caught up. */
const QUEUE = {
  streamPrefix: partStream("task", ""),
  versionField: "version",
  bringing: ["task.created", "task.requeued", "task.failed"],
  lapsing: { types: ["task.claimed", "task.started", "task.heartbeat"], member: "leaseUntil" },
} as const;
const MAX_LEASE_MS = 24 * 60 * 60 * 1_000;

export interface ClaimOptions extends CollabNote {
  /** How long the task is held without a heartbeat: 1 to 86,400,000; default 60,000. */
  readonly leaseMs?: number;
  /** Of the worker, for people to read. */
  readonly processId?: string | null;
}

const CLAIM_OPTIONS: KnownOptions<ClaimOptions> = { ...NOTE, leaseMs: true, processId: true };

const fulfilled = <T>(value: T): PromiseFulfilledResult<T> => ({ status: "fulfilled", value });

/** An agent with a limited number of tasks, and its stream as it was before they were counted. */
interface Limited {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly atMost: number;
}

/** @throws UsageError COLLAB_INVALID */
export function leaseMsOf(leaseMs = 60_000): number {
  return wholeNumberIn("leaseMs", leaseMs, 1, MAX_LEASE_MS);
}

/**
 * What makes a claim is the version of the task's stream that its append expects: of two that take one task, the log
 * refuses the second. The read model only says what to try for, and, where the storage can, keeps two from trying for one.
 */
export class TaskClaims {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Task>;
  /** By agent; those that are idle are forgotten. */
  readonly #groups = new Map<string, ClaimGroups<Asked, Task | null>>();
  /** Those of them that had no limit when they were last looked at, and the version of their stream then. */
  readonly #unlimited = new Map<string, number>();
  readonly #byServer: ClaimsByServer | undefined;
  readonly #byWindow: WindowClaims | undefined;

  /** `newPace` says when an agent's claims are worth a window. */
  constructor(collab: CollabLog, model: ReadModel<Task>, newPace?: () => ClaimPace) {
    this.#collab = collab;
    this.#model = model;
    // A standby may not have yet what others have appended.
    const seesTail = collab.log.capabilities.comparesTail === true && collab.log.readPlace === undefined;
    this.#byWindow = seesTail ? new WindowClaims(collab, model, newPace) : undefined;
    this.#byServer =
      collab.log.claimFirst === undefined || model.kind === "memory" ? undefined : new ClaimsByServer(collab, model);
  }

  async claim(agentName: string, controlAgent: string, options: ClaimOptions): Promise<Task | null> {
    assertOptions("a claim", options, CLAIM_OPTIONS);
    const { leaseMs, processId, ...note } = options;
    assertCollabId("agent", agentName);
    const by = {
      claimedBy: label("controlAgent", controlAgent),
      processId: labelOrNull("processId", processId),
      leaseMs: leaseMsOf(leaseMs),
    };
    this.#forgetIdle(agentName);
    const groups = this.#groups.get(agentName) ?? new ClaimGroups((claims) => this.#settle(agentName, claims));
    this.#groups.set(agentName, groups);
    return groups.claim({ by, note });
  }

  #forgetIdle(but: string): void {
    for (const [name, groups] of this.#groups) {
      if (!groups.isIdle || name === but) continue;
      this.#groups.delete(name);
      this.#unlimited.delete(name);
    }
  }

  async #settle(agentName: string, asked: readonly Asked[]): Promise<readonly ClaimOutcome<Task | null>[]> {
    return (
      (await this.#byWindow?.claim(agentName, asked)) ??
      (await this.#settleByServer(agentName, asked)) ??
      this.#settleHere(agentName, asked)
    );
  }

  /** @returns undefined where it cannot be done in this way */
  async #settleByServer(
    agentName: string,
    asked: readonly Asked[],
  ): Promise<readonly ClaimOutcome<Task | null>[] | undefined> {
    if (this.#byServer === undefined) return undefined;
    if (!this.#unlimited.has(agentName)) await this.#limitOf(agentName);
    const unlimitedAt = this.#unlimited.get(agentName);
    if (unlimitedAt === undefined) return undefined;
    const tasks = await this.#byServer.claim(agentName, asked, unlimitedAt);
    if (tasks === "guarded") this.#unlimited.delete(agentName);
    if (tasks === "guarded" || tasks === undefined) return undefined;
    if (tasks.length === 0) return asked.map(() => NOTHING);
    return asked.map((_, i) => (tasks[i] === undefined ? "again" : fulfilled(tasks[i])));
  }

  /** Of an agent with a limited number of tasks one claim at a time: each has to count again. */
  async #settleHere(agentName: string, asked: readonly Asked[]): Promise<readonly ClaimOutcome<Task | null>[]> {
    const limit = this.#limitOf(agentName);
    limit.catch(() => undefined); // it is awaited below, but where nothing is offered
    // Who had no limit has hardly been given one: then the queue is asked meanwhile.
    const limited = this.#unlimited.has(agentName) ? undefined : await limit;
    if (limited !== undefined && (await this.#isFull(agentName, limited))) return asked.map(() => NOTHING);
    const some = limited === undefined ? asked : asked.slice(0, 1);
    const nowMs = this.#collab.nowMs();
    const now = timeAt(nowMs);
    const query = {
      where: { agent_name: agentName, ready_at: { lte: now } },
      orderBy: [{ field: "priority", direction: "desc" }, { field: "created_offset" }],
      limit: CANDIDATES,
    } as const;
    const queue = { ...QUEUE, atOnce: some.length, lapsing: { ...QUEUE.lapsing, now } };
    const tryThese = async (tasks: readonly Task[]) => {
      if ((await limit) !== limited) return some.map(() => "again" as const);
      return this.#tryAll(tasks, some, nowMs, limited);
    };
    // Of those who try at once for an agent with a limit, one succeeds: offered others, it would be with a lesser task.
    const outcomes =
      limited === undefined
        ? await this.#model.take(query, queue, tryThese)
        : await takeFromPages(() => this.#model.query(query), some.length, tryThese);
    return outcomes ?? some.map(() => NOTHING);
  }

  /** Each claim tries for a task of its own, all in one append. @returns undefined where others were faster with all of them */
  async #tryAll(
    tasks: readonly Task[],
    asked: readonly Asked[],
    nowMs: number,
    limited: Limited | undefined,
  ): Promise<readonly ClaimOutcome<Task | null>[] | undefined> {
    const tries = tasks.map((task, i) => {
      const { by, note } = asked[i] as Asked; // no more tasks are offered than are asked for
      return this.#try(task, { ...by, nowMs }, limited, note);
    });
    const tried = await Promise.allSettled(tries);
    const outcomes = tried.map((one) => {
      if (one.status === "rejected") return one;
      return one.value === undefined || one.value === "again" ? "again" : fulfilled(one.value);
    });
    const isInVain = tried.every((one) => one.status === "fulfilled" && one.value === undefined);
    return isInVain ? undefined : outcomes;
  }

  /** @returns undefined where somebody else was faster with this task; "again" where it was with the agent */
  async #try(
    task: Task,
    claim: Claim,
    limited: Limited | undefined,
    note: CollabNote,
  ): Promise<Task | "again" | undefined> {
    const events = decideClaim(task, claim, note);
    if (events.length === 0) return undefined;
    const stream = partStream("task", task.id);
    const own: StreamAppend = { stream, expectedVersion: task.version, events };
    const isClaim = events.at(-1)?.type === "task.claimed";
    const assigned = collabEvent("agent.assigned", { task: task.id }, note);
    const batch = isClaim && limited !== undefined ? [own, joining(limited, assigned)] : own;
    try {
      const appended = await this.#collab.append(batch, note);
      if (appended.queued === true) throw away();
      if (!isClaim) return undefined;
      return documentAfter(
        collabTasks,
        task,
        appended.events.filter((event) => event.stream === stream),
      );
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      return error.stream === stream ? undefined : "again";
    }
  }

  /** @returns undefined where the agent may hold any number of tasks */
  async #limitOf(agentName: string): Promise<Limited | undefined> {
    const stream = agentStream(agentName);
    const { document: agent, version } = await this.#collab.state(collabAgents, stream);
    if (agent === null || agent.maxConcurrent === null) {
      this.#unlimited.set(agentName, version);
      return undefined;
    }
    this.#unlimited.delete(agentName);
    return { stream, expectedVersion: version, atMost: agent.maxConcurrent };
  }

  /** The agent's version was read before: of two claims that count the same, the second meets the first and counts again. */
  async #isFull(agentName: string, { atMost }: Limited): Promise<boolean> {
    const where = {
      agent_name: agentName,
      status: { in: ["claimed", "running"] },
      ready_at: { gt: this.#collab.nowText() },
    };
    const { total = 0 } = await this.#model.query({ where, limit: 1, total: true });
    return total >= atMost;
  }
}

/** What joins the append of a claim of an agent with a limited number of tasks. */
function joining({ stream, expectedVersion }: Limited, assigned: NewEvent): StreamAppend {
  return { stream, expectedVersion, events: [assigned] };
}

/** What an outbox knows may be old, and what it takes may be refused later: nobody can be given a task by that. */
function away(): UnavailableError {
  return new UnavailableError("QUEUE_AWAY", "the server of this log is away: no task can be claimed", {
    hint: "try again when it is back; what else is written waits in the outbox",
  });
}
