import { describe, expect, test } from "vitest";
import { collabAgents } from "../../projections/collab-agents.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { Agents } from "../../src/collab/agents.js";
import { ClaimPace } from "../../src/collab/claim-pace.js";
import { CollabLog } from "../../src/collab/collab-log.js";
import { TaskQueue } from "../../src/collab/task-queue.js";
import { SessionDbError } from "../../src/errors.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { evolved } from "../../src/replay/fold.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { fc } from "../support/fast-check.js";

/** Opens a window for the first claim, and whatever comes of it; counts what came out of windows. */
class Eager extends ClaimPace {
  static claims = 0;

  constructor() {
    super({ busyClaims: 0, idleMs: Number.POSITIVE_INFINITY, crowded: Number.POSITIVE_INFINITY, pauseMs: 0 });
  }

  override served(count: number): void {
    Eager.claims += count;
    super.served(count);
  }
}

class Store {
  readonly log: EventLog;
  readonly tasks: TaskQueue;
  readonly agents: Agents;

  constructor(log: EventLog, now: () => Date, isEager = true) {
    const collab = new CollabLog(log, { actor: "user:law", now });
    this.log = log;
    this.tasks = isEager ? new TaskQueue(collab, () => new Eager()) : new TaskQueue(collab);
    this.agents = new Agents(collab);
  }
}

/** Everything that tasks and agents are, folded the plainest way; and what a claim must get. */
class Model {
  readonly tasks = new Map<string, Task>();
  #limit: number | null = null;

  fold(event: SealedEvent): void {
    const id = collabTasks.idOf(event.stream);
    const task = id === undefined ? null : evolved(collabTasks, this.tasks.get(id) ?? null, event);
    if (id !== undefined && task !== null) this.tasks.set(id, task);
    if (event.type === "agent.registered") {
      const agent = evolved(collabAgents, null, event);
      if (agent?.name === "a") this.#limit = agent.maxConcurrent;
    }
  }

  /** Without those in `others`. */
  best(nowMs: number, others: ReadonlySet<string> = new Set()): string | null {
    const mine = [...this.tasks.values()].filter(({ agentName }) => agentName === "a");
    const isHeld = ({ status, readyAt }: Task) => status !== "pending" && Date.parse(readyAt ?? "") > nowMs;
    if (this.#limit !== null && mine.filter(isHeld).length >= this.#limit) return null;
    const ready = mine.filter(({ id, status, readyAt, attempts, maxAttempts }) => {
      const isLast = status !== "pending" && attempts >= maxAttempts;
      return !others.has(id) && readyAt !== null && Date.parse(readyAt) <= nowMs && !isLast;
    });
    ready.sort((x, y) => y.priority - x.priority || x.createdOffset - y.createdOffset);
    return ready[0]?.id ?? null;
  }
}

async function allOf(log: EventLog): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readAll())) events.push(event);
  return events;
}

interface Step {
  readonly act: string;
  readonly by: number;
  readonly n: number;
}

const ACTS = ["create", "create", "claim", "claim", "claim", "burst", "complete", "fail", "beat", "cancel", "pass"];
const step = (acts: readonly string[]): fc.Arbitrary<Step> =>
  fc.record({ act: fc.constantFrom(...acts), by: fc.nat(1), n: fc.nat(5) });

class World {
  nowMs = Date.parse("2030-01-31T10:00:00Z");
  readonly stores: readonly Store[];
  readonly #held: Task[] = [];
  #made = 0;

  constructor(logs: readonly EventLog[], isEager = true) {
    this.stores = logs.map((log) => new Store(log, () => new Date(this.nowMs), isEager));
  }

  async step({ act, by, n }: Step): Promise<void> {
    const store = this.stores[by % this.stores.length] as Store;
    try {
      await this.#do(store, act, n);
    } catch (error) {
      if (!(error instanceof SessionDbError)) throw error;
    }
  }

  create({ tasks }: Store, n: number): Promise<Task> {
    const more = n === 5 ? { notBefore: new Date(this.nowMs + 700) } : {};
    const made = { agentName: n === 4 ? "b" : "a", taskType: "x", taskId: `t${this.#made++}`, priority: n % 3 };
    return tasks.create(null, { ...made, maxAttempts: 2, backoffMs: 500 * (n % 2), ...more });
  }

  async #do(store: Store, act: string, n: number): Promise<unknown> {
    const { tasks, agents, log } = store;
    const held = this.#held[n % Math.max(1, this.#held.length)];
    const token = held?.token ?? 0;
    switch (act) {
      case "create":
        return this.create(store, n);
      case "claim":
        return this.#claim(store, n);
      case "burst":
        return this.#burst(n);
      case "limit":
        return agents.register(n < 5 ? "a" : "b", { type: "x", maxConcurrent: n < 3 ? n + 1 : null });
      case "erase":
        return log.redact?.({ offsets: [1 + ((n * 7) % Math.max(1, (await log.tail()).offset))] }, { actor: "user:e" });
      case "cut": {
        const tail = await log.tail();
        return log.truncateAfter(Math.max(0, tail.offset - n), tail);
      }
      case "pass":
        this.nowMs += 400 * n;
        return undefined;
      case "cancel":
        return tasks.cancel(`/t${n}`);
      case "complete":
        return held && tasks.complete(held.id, token);
      case "fail":
        return held && tasks.fail(held.id, token, { error: "e" });
      default:
        return held && tasks.heartbeat(held.id, token, { leaseMs: 1_000 });
    }
  }

  async #claim({ tasks, log }: Store, n: number): Promise<void> {
    const model = new Model();
    for (const event of await allOf(log)) model.fold(event);
    const expected = model.best(this.nowMs);
    const task = await tasks.claim("a", "w", { leaseMs: 500 * (1 + n) });
    expect(task?.id ?? null).toBe(expected);
    if (task === null) return;
    expect((await foldStream(log, collabTasks, `collabtask-${task.id}`)).document).toEqual(task);
    this.#held.push(task);
  }

  /** Claims and new tasks of all stores at the same time: each claim gets what was best at some moment. */
  async #burst(n: number): Promise<void> {
    const [first] = this.stores as [Store];
    const before = (await first.log.tail()).offset;
    const made = Promise.all(this.stores.map((store) => this.create(store, n)));
    const claims = this.stores.flatMap(({ tasks }) => [1, 2, 3].map(() => tasks.claim("a", "w", { leaseMs: 5_000 })));
    const claimed = (await Promise.all(claims)).filter((task) => task !== null);
    await made;
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
    const events = await allOf(first.log);
    for (const task of claimed) {
      const at = events.find(({ stream, version }) => stream === `collabtask-${task.id}` && version === task.token);
      this.#assertBest(events, before, at as SealedEvent, task.id);
    }
    this.#held.push(...claimed);
  }

  #assertBest(events: readonly SealedEvent[], before: number, { offset }: SealedEvent, id: string): void {
    const model = new Model();
    const taken = new Set<string>();
    // A server passes over what another claim has locked, and may append first: of claims at once all others count there.
    const last = this.stores.some(({ log }) => log.claimFirst !== undefined) ? events.length : offset - 1;
    for (const { type, stream } of events.slice(before, last)) {
      if (type === "task.claimed" && stream !== `collabtask-${id}`) taken.add(stream.slice("collabtask-".length));
    }
    let wasBest = false;
    for (const event of events.slice(0, offset - 1)) {
      if (event.offset > before) wasBest ||= model.best(this.nowMs, taken) === id;
      model.fold(event);
    }
    expect(wasBest || model.best(this.nowMs, taken) === id).toBe(true);
  }
}

async function walked(url: string, steps: readonly Step[], stores: number, isEager = true): Promise<SealedEvent[]> {
  const logs = await Promise.all(Array.from({ length: stores }, () => openLog(url)));
  try {
    const world = new World(logs, isEager);
    for (let n = 0; n < 4; n++) await world.create(world.stores[0] as Store, n);
    for (const one of steps) await world.step(one);
    expect(await verifyLog(logs[0] as EventLog)).toMatchObject({ ok: true });
    return await allOf(logs[0] as EventLog);
  } finally {
    for (const log of logs) await log.close();
  }
}

describe.each(BACKENDS)("%s: claims out of a window in memory", (name, fresh) => {
  const runs = name === "postgres" ? 8 : 15;

  test("get the best task of a moment between call and answer, whatever two stores do in between", {
    timeout: 240_000,
  }, async () => {
    Eager.claims = 0;
    const steps = fc.array(step([...ACTS, "limit"]), { minLength: 10, maxLength: 40 });
    const act = async (walk: Step[]) => void (await walked(await fresh(), walk, 2));
    await fc.assert(fc.asyncProperty(steps, act), { numRuns: runs });
    expect(Eager.claims).toBeGreaterThan(runs); // it was windows that were tried
  });

  test.each([
    ["cut back", "cut"],
    ["erased from", "erase"],
  ])("notice that the log was %s", { timeout: 240_000 }, async (_how, also) => {
    Eager.claims = 0;
    const steps = fc.array(step([...ACTS, also]), { minLength: 10, maxLength: 40 });
    const act = async (walk: Step[]) => void (await walked(await fresh(), walk, 2));
    await fc.assert(fc.asyncProperty(steps, act), { numRuns: Math.ceil(runs / 2) });
    expect(Eager.claims).toBeGreaterThan(0);
  });

  test("write the same events as the other ways", { timeout: 240_000 }, async () => {
    const facts = (events: readonly SealedEvent[]) =>
      events.map(({ offset, commit, version, stream, type, actor, dataText, metaText }) => {
        return { offset, commit, version, stream, type, actor, dataText, metaText };
      });
    const steps = fc.array(step(ACTS.filter((act) => act !== "burst")), { minLength: 10, maxLength: 40 });
    const act = async (walk: Step[]) => {
      const [mine, theirs] = [await walked(await fresh(), walk, 2), await walked(await fresh(), walk, 2, false)];
      expect(facts(mine)).toEqual(facts(theirs));
    };
    await fc.assert(fc.asyncProperty(steps, act), { numRuns: Math.ceil(runs / 3) });
  });

  test("go on over many pages of a long queue, and those of two processes get each task once", async () => {
    const url = await fresh();
    const stores = await Promise.all([1, 2].map(async () => new Store(await opened(url), () => new Date())));
    const [one] = stores as [Store];
    for (let from = 0; from < 2_400; from += 200) {
      const some = Array.from({ length: 200 }, (_, i) =>
        one.tasks.create(null, { agentName: "a", taskType: "x", taskId: `t${from + i}`, priority: i % 5 }),
      );
      await Promise.all(some);
    }
    const until = async ({ tasks }: Store, most: number) => {
      const got: Task[] = [];
      for (let task = await tasks.claim("a", "w"); task !== null; task = await tasks.claim("a", "w")) {
        if (got.push(task) === most) break;
      }
      return got;
    };
    Eager.claims = 0;
    const alone = (await Promise.all(Array.from({ length: 8 }, () => until(one, 250)))).flat();
    expect(alone).toHaveLength(2_000);
    expect(Eager.claims).toBeGreaterThan(1_000);
    expect(alone.filter(({ priority }) => priority > 0)).toHaveLength(1_920); // all of those
    const rest = (await Promise.all(stores.map((store) => until(store, 10_000)))).flat();
    expect(new Set([...alone, ...rest].map(({ id }) => id)).size).toBe(2_400);
    expect(alone.length + rest.length).toBe(2_400);
  });
});
