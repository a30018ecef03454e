import { collabAgents } from "../../projections/collab-agents.js";
import { agentStream, partStream } from "../../projections/collab-streams.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { ConflictError, TailMovedError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { ReadModel } from "../replay/read-model/read-model.js";
import { type ClaimOutcome, NOTHING } from "./claim-groups.js";
import { ClaimPace } from "./claim-pace.js";
import type { Asked } from "./claims-by-server.js";
import { type CollabLog, documentAfter } from "./collab-log.js";
import { claimedEvent } from "./decide-task.js";
import { OpenWindow } from "./open-window.js";

/** Claims within a second that are worth a window where a question costs as much as a window. */
const BUSY_CLAIMS_IN_MEMORY = 2;

/** Looks at what others have appended, in a row; then the claims go another way. */
const MAX_LOOKS = 8;

/**
 * Claims out of memory. A process whose claims of one agent are many holds the front of its queue (`TaskWindow`), as it is
 * where the log ends, and appends a claim on the condition that the log still ends there. So a claim costs one append and no
 * question: every claim is given the first task of the moment of its append. Where others have appended meanwhile, nothing is
 * written; what they have appended is read first.
 *
 * The plain case only: a lease that ran out, an agent with a limited number of tasks go the other ways.
 */
export class WindowClaims {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Task>;
  readonly #newPace: () => ClaimPace;
  /** By agent. */
  readonly #paces = new Map<string, ClaimPace>();
  readonly #windows = new Map<string, OpenWindow>();
  /** The last event of this process. */
  #lastOffset = 0;
  /** Whose claims are under way, and nothing of them was heard yet. */
  readonly #awaited = new Set<ClaimPace>();

  constructor(collab: CollabLog, model: ReadModel<Task>, newPace: () => ClaimPace = () => paceOf(model)) {
    this.#collab = collab;
    this.#model = model;
    this.#newPace = newPace;
    collab.onAppended((events) => this.#hear(events));
  }

  /**
   * One call for an agent at a time.
   *
   * @returns an outcome for each who asked; undefined where the claims must go another way, and nothing was written
   */
  async claim(agentName: string, asked: readonly Asked[]): Promise<readonly ClaimOutcome<Task | null>[] | undefined> {
    this.#forgetIdle();
    const pace = this.#paces.get(agentName) ?? this.#newPace();
    this.#paces.set(agentName, pace);
    pace.asked(asked.length);
    this.#awaited.add(pace);
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const window = this.#windows.get(agentName) ?? (await this.#open(agentName, pace));
      if (window === undefined) return undefined;
      try {
        const outcomes = await this.#claimFrom(window, asked, pace);
        if (outcomes !== undefined) return outcomes;
      } catch (error) {
        this.#windows.delete(agentName);
        throw error;
      }
      if (!window.isOpen) this.#close(window, pace);
    }
    return undefined;
  }

  #forgetIdle(): void {
    for (const [agentName, pace] of this.#paces) {
      if (!pace.isIdle) continue;
      this.#windows.delete(agentName);
      this.#paces.delete(agentName);
      this.#awaited.delete(pace);
    }
  }

  #hear(events: readonly SealedEvent[]): void {
    for (const pace of this.#awaited) pace.heard(events[0]?.offset === this.#lastOffset + 1);
    this.#awaited.clear();
    this.#lastOffset = Math.max(this.#lastOffset, events.at(-1)?.offset ?? 0);
    if (this.#windows.size > 0) this.#forgetIdle();
    for (const window of this.#windows.values()) window.hear(events);
  }

  async #open(agentName: string, pace: ClaimPace): Promise<OpenWindow | undefined> {
    if (!pace.isWorthOpening) return undefined;
    pace.opened();
    if (!(await this.#isLimited(agentName))) {
      const window = await OpenWindow.open(this.#collab, this.#model, agentName);
      // Once more, behind the place of the window: a limit that is set later is an event that the window meets.
      if (window !== undefined && !(await this.#isLimited(agentName))) {
        this.#windows.set(agentName, window);
        return window;
      }
    }
    pace.ended();
    return undefined;
  }

  async #isLimited(agentName: string): Promise<boolean> {
    const { document: agent } = await this.#collab.state(collabAgents, agentStream(agentName));
    return agent !== null && agent.maxConcurrent !== null;
  }

  #close(window: OpenWindow, pace: ClaimPace): void {
    if (this.#windows.get(window.agentName) === window) this.#windows.delete(window.agentName);
    pace.ended();
  }

  /** @returns undefined where the window knows more now, or is not open any more, and nothing was written */
  async #claimFrom(
    window: OpenWindow,
    asked: readonly Asked[],
    pace: ClaimPace,
  ): Promise<readonly ClaimOutcome<Task | null>[] | undefined> {
    const nowMs = this.#collab.nowMs();
    const first = await window.first(asked.length, nowMs);
    if (first === undefined) return undefined;
    const { tasks, hash } = first;
    if (tasks.length === 0) return (await this.#isEmpty(window, hash)) ? asked.map(() => NOTHING) : undefined;
    const tried = await Promise.allSettled(tasks.map((task, i) => this.#try(task, asked[i] as Asked, nowMs, hash)));
    const claims = tried.filter(({ status }) => status === "fulfilled").length;
    if (claims > 0) pace.served(claims);
    else if (tried.every(isMoved)) {
      // Own appends have been heard of; of those of others the log is asked.
      if (window.at.hash === hash && (await window.follow())) pace.heard(false);
      if (pace.isCrowded) window.close();
      return undefined;
    }
    return asked.map((_, i) => outcomeOf(tried[i], window));
  }

  async #try(task: Task, { by, note }: Asked, nowMs: number, tailHash: string): Promise<Task> {
    const events = [claimedEvent({ ...by, nowMs }, note)];
    const own = { stream: partStream("task", task.id), expectedVersion: task.version, events };
    const appended = await this.#collab.append(own, note, tailHash);
    return documentAfter(collabTasks, task, appended.events);
  }

  /** Whether the log ends where the window is; what has come since is read. */
  async #isEmpty(window: OpenWindow, hash: string): Promise<boolean> {
    const tail = await this.#collab.log.tail();
    if (tail.hash === hash) return true;
    await window.follow();
    return false;
  }
}

/**
 * In memory a question goes through all tasks, as filling a window does. Counted as claims a second, claims that ask would
 * keep each other so slow that no window was opened, the more so the longer the queue is.
 */
function paceOf(model: ReadModel<Task>): ClaimPace {
  return model.kind === "memory" ? new ClaimPace({ busyClaims: BUSY_CLAIMS_IN_MEMORY }) : new ClaimPace();
}

function isMoved(tried: PromiseSettledResult<Task>): boolean {
  return tried.status === "rejected" && tried.reason instanceof TailMovedError;
}

/** A task that is not as the window has it says that the read model is wrong about it. */
function outcomeOf(tried: PromiseSettledResult<Task> | undefined, window: OpenWindow): ClaimOutcome<Task> {
  if (tried === undefined || tried.status === "fulfilled") return tried ?? "again";
  if (tried.reason instanceof TailMovedError) return "again";
  window.close();
  return tried.reason instanceof ConflictError ? "again" : tried;
}
