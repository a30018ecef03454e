import type { Task } from "../../projections/collab-tasks.js";
import type { SealedEvent } from "../log/event.js";
import { eventsOf } from "../log/paging.js";
import type { ReadModel } from "../replay/read-model/read-model.js";
import type { CollabLog } from "./collab-log.js";
import { timeAt } from "./decide-task.js";
import { type QueueFront, TaskWindow } from "./task-window.js";

/** Tasks of one page of the read model, of which so many characters are kept at most. */
const PAGE = 1_000;
const FIRST_PAGE = 16;
const MAX_CHARS = 4 * 1024 * 1024;
/** With fewer tasks than this the next page is asked for, while claims go on. */
const LOW = 300;
/** Who is further behind begins anew. */
const MAX_FOLLOWED = 1_000;
/** Others may move the tables between two questions. */
const MAX_ATTEMPTS = 3;

interface FirstTasks {
  readonly tasks: readonly Task[];
  readonly hash: string;
}

/** A window on an agent's queue, with the log that it goes along with and the read model that it is filled from. */
export class OpenWindow {
  readonly agentName: string;
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Task>;
  #window: TaskWindow;
  #isOpen = true;
  #filling: Promise<void> | undefined;
  /** What was heard while it is filled anew. */
  #heard: SealedEvent[] = [];

  private constructor(collab: CollabLog, model: ReadModel<Task>, agentName: string, front: QueueFront) {
    this.agentName = agentName;
    this.#collab = collab;
    this.#model = model;
    this.#window = new TaskWindow(agentName, front);
  }

  /** @returns undefined where the read model cannot say what comes first */
  static async open(collab: CollabLog, model: ReadModel<Task>, agentName: string): Promise<OpenWindow | undefined> {
    const front = await frontOf(collab, model, agentName);
    if (front === undefined) return undefined;
    const window = new OpenWindow(collab, model, agentName, front);
    await window.follow();
    return window.isOpen ? window : undefined;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The event that it knows last. */
  get at(): { readonly offset: number; readonly hash: string } {
    return this.#window.at;
  }

  close(): void {
    this.#isOpen = false;
  }

  /**
   * The first tasks that are ready, at most `count`, and where the log ends while that is so.
   *
   * @returns undefined where it is closed now, or was filled anew
   */
  async first(count: number, nowMs: number): Promise<FirstTasks | undefined> {
    if (!this.#window.isGoodAt(nowMs)) this.close();
    if (!this.#isOpen) return undefined;
    if (!this.#window.isWhole && this.#window.size < LOW) this.#filling ??= this.#fill();
    const tasks = this.#window.first(count, nowMs);
    if (tasks.length === 0 && !this.#window.isWhole) {
      await this.#filling;
      return undefined;
    }
    if (tasks.every(({ status }) => status === "pending")) return { tasks, hash: this.at.hash };
    this.close(); // what becomes of a lease that ran out is decided elsewhere
    return undefined;
  }

  /** Takes events of appends of this process, which may come behind others that it does not know. */
  hear(events: readonly SealedEvent[]): void {
    if (this.#filling !== undefined) this.#heard.push(...events);
    for (const event of events) if (!this.#window.fold(event)) return;
  }

  /** Reads what has come since; closed where that is no continuation, or too much. @returns whether there was anything */
  async follow(): Promise<boolean> {
    const { offset: from } = this.at;
    for await (const event of eventsOf(this.#collab.log.readAll({ from: from + 1 }))) {
      // Own appends may have been heard of meanwhile.
      if (event.offset <= this.at.offset) continue;
      if (this.#filling !== undefined) this.#heard.push(event);
      if (!this.#window.fold(event) || event.offset - from > MAX_FOLLOWED) {
        this.close();
        return true;
      }
    }
    return this.at.offset > from;
  }

  async #fill(): Promise<void> {
    this.#heard = [];
    try {
      const front = await frontOf(this.#collab, this.#model, this.agentName);
      if (front === undefined || !this.#swap(front)) this.close();
    } catch {
      this.close(); // whoever claims next meets it in his own way
    }
    this.#filling = undefined;
    this.#heard = [];
  }

  /** @returns false where what was heard does not lead from there to where it is now */
  #swap(front: QueueFront): boolean {
    const fresh = new TaskWindow(this.agentName, front);
    for (const event of this.#heard.sort((a, b) => a.offset - b.offset)) {
      if (event.offset > fresh.at.offset && !fresh.fold(event)) return false;
    }
    if (fresh.at.offset < this.at.offset) return false;
    this.#window = fresh;
    return true;
  }
}

async function frontOf(collab: CollabLog, model: ReadModel<Task>, agentName: string): Promise<QueueFront | undefined> {
  let limit = FIRST_PAGE;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (model.kind === "table" && !(await model.catchUp())) return undefined;
    const found = await pageOf(model, agentName, timeAt(collab.nowMs()), limit);
    if (found === undefined) continue;
    const { front, chars } = found;
    const most = Math.floor((MAX_CHARS * front.tasks.length) / Math.max(1, chars));
    if (front.isWhole || limit > FIRST_PAGE || most <= FIRST_PAGE) return front;
    limit = Math.min(PAGE, most);
  }
  return undefined;
}

async function pageOf(
  model: ReadModel<Task>,
  agentName: string,
  now: string,
  limit: number,
): Promise<{ front: QueueFront; chars: number } | undefined> {
  const found = await model.pagesAsIs([
    {
      where: { agent_name: agentName, ready_at: { lte: now } },
      orderBy: [{ field: "priority", direction: "desc" }, { field: "created_offset" }],
      limit,
    },
    { where: { agent_name: agentName, ready_at: { gt: now } }, orderBy: [{ field: "ready_at" }], limit: 1 },
  ]);
  if (found === undefined) return undefined;
  const { offset, hash, pages, chars } = found;
  const [ready = [], [later] = []] = pages;
  const isWhole = ready.length <= limit;
  const front = { offset, hash, tasks: ready.slice(0, limit), isWhole, nextReadyAt: later?.readyAt ?? null };
  return { front, chars };
}
