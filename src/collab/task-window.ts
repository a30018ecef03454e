import { collabData, isCollabEventType } from "../../projections/collab-events.js";
import { agentStream, partIdOf } from "../../projections/collab-streams.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { hashFault } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import { isRedaction } from "../log/redaction.js";
import { evolved } from "../replay/fold.js";

/** Tasks that are held at most; those behind the last one are found when they are asked for. */
const MAX_TASKS = 2_000;

/** The first tasks of an agent that were ready, as a read model has them at one place of the log. */
export interface QueueFront {
  readonly offset: number;
  readonly hash: string;
  /** In the order of the queue. */
  readonly tasks: readonly Task[];
  /** There are no others that were ready. */
  readonly isWhole: boolean;
  /** When the first of the others will be; null: none. */
  readonly nextReadyAt: string | null;
}

/**
 * The front of one agent's queue in memory, exactly as it is where the log ends at `at`: a page of the read model, and all
 * events since. Each of them must continue the chain, so the window is of this log's history or is over.
 *
 * It holds the tasks that are ready and come before `end`. Of the others it knows the earliest time at which one of them can
 * become ready: from then on (`quietUntilMs`) it says nothing.
 */
export class TaskWindow {
  readonly #agentName: string;
  #offset: number;
  #hash: string;
  /** In the order of the queue. */
  readonly #tasks: Task[];
  readonly #byId = new Map<string, Task>();
  /** The last one whose place is known; undefined: all are. */
  #end: Task | undefined;
  #quietUntilMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(agentName: string, { offset, hash, tasks, isWhole, nextReadyAt }: QueueFront) {
    this.#agentName = agentName;
    this.#offset = offset;
    this.#hash = hash;
    this.#tasks = [...tasks];
    for (const task of tasks) this.#byId.set(task.id, task);
    this.#end = isWhole ? undefined : tasks.at(-1);
    this.#isOver = !isWhole && tasks.length === 0;
    if (nextReadyAt !== null) this.#waitFor(nextReadyAt);
  }

  /** The event that it knows last. */
  get at(): { readonly offset: number; readonly hash: string } {
    return { offset: this.#offset, hash: this.#hash };
  }

  /** There are no ready tasks but those that it holds. */
  get isWhole(): boolean {
    return this.#end === undefined;
  }

  get size(): number {
    return this.#tasks.length;
  }

  /** Whether it still says what comes first. */
  isGoodAt(nowMs: number): boolean {
    return !this.#isOver && nowMs < this.#quietUntilMs;
  }

  /** The first tasks that are ready, none of them twice, as they are at `at`. */
  first(count: number, nowMs: number): Task[] {
    const ready: Task[] = [];
    for (const task of this.#tasks) {
      if (ready.length === count) break;
      if (Date.parse(task.readyAt ?? "") <= nowMs) ready.push(task);
    }
    return ready;
  }

  /** Takes the next event of the log. @returns false where it is not that: nothing has changed */
  fold(event: SealedEvent): boolean {
    if (event.offset !== this.#offset + 1 || hashFault(this.#hash, event) !== undefined) return false;
    this.#offset = event.offset;
    this.#hash = event.hash;
    try {
      this.#take(event);
    } catch {
      this.#isOver = true; // the read model says what is wrong with the event
    }
    return true;
  }

  #take(event: SealedEvent): void {
    if (isRedaction(event) || this.#mayLimit(event)) this.#isOver = true;
    const id = partIdOf("task", event.stream);
    if (id === undefined) return;
    const known = this.#byId.get(id);
    if (known !== undefined) {
      this.#remove(known);
      this.#place(evolved(collabTasks, known, event), event);
    } else if (event.type === "task.created") this.#created(event);
    else this.#changed(event);
  }

  #mayLimit({ stream, type }: SealedEvent): boolean {
    return type === "agent.registered" && stream === agentStream(this.#agentName);
  }

  /** Of a stream that has other events before, nobody knows here what this one means. */
  #created(event: SealedEvent): void {
    if (event.version > 1) this.#isOver = true;
    else this.#place(evolved(collabTasks, null, event), event);
  }

  /** Of a task that is not held here, perhaps not of this agent: it may become ready when the event says so. */
  #changed(event: SealedEvent): void {
    if (!isCollabEventType(event.type)) return;
    const held =
      collabData("task.claimed", event) ?? collabData("task.started", event) ?? collabData("task.heartbeat", event);
    const readyAt =
      held?.leaseUntil ?? collabData("task.failed", event)?.retryAt ?? collabData("task.requeued", event)?.readyAt;
    if (readyAt !== undefined && readyAt !== null) this.#waitFor(readyAt);
  }

  #place(task: Task | null, { recordedAt }: SealedEvent): void {
    if (task === null || task.readyAt === null || task.agentName !== this.#agentName) return;
    if (task.status !== "pending" || !(Date.parse(task.readyAt) <= Date.parse(recordedAt))) this.#waitFor(task.readyAt);
    else if (this.#end === undefined || inQueue(task, this.#end) <= 0) this.#insert(task);
  }

  #insert(task: Task): void {
    let [low, high] = [0, this.#tasks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (inQueue(this.#tasks[middle] as Task, task) < 0) low = middle + 1;
      else high = middle;
    }
    this.#tasks.splice(low, 0, task);
    this.#byId.set(task.id, task);
    if (this.#tasks.length <= MAX_TASKS) return;
    this.#byId.delete((this.#tasks.pop() as Task).id);
    this.#end = this.#tasks.at(-1);
  }

  #remove(task: Task): void {
    this.#tasks.splice(this.#tasks.indexOf(task), 1);
    this.#byId.delete(task.id);
  }

  #waitFor(readyAt: string): void {
    const ms = Date.parse(readyAt);
    if (Number.isNaN(ms)) this.#isOver = true;
    else this.#quietUntilMs = Math.min(this.#quietUntilMs, ms);
  }
}

function inQueue(a: Task, b: Task): number {
  return b.priority - a.priority || a.createdOffset - b.createdOffset;
}
