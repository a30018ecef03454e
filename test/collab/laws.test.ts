import { expect, test } from "vitest";
import { collabAgents } from "../../projections/collab-agents.js";
import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabTasks, ENDED, type Task } from "../../projections/collab-tasks.js";
import type { Projection } from "../../projections/projection.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { SessionDbError } from "../../src/errors.js";
import { refreshCollab } from "../../src/inspect/collab-refresh.js";
import { collabSummary } from "../../src/inspect/collab-summary.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { openLog } from "../../src/open-log.js";
import { foldFresh } from "../../src/replay/fold-log.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { BACKENDS } from "../read-model/backends.js";
import { fc } from "../support/fast-check.js";

const PROJECTIONS = [
  collabSessions,
  collabChunks,
  collabMemories,
  collabTasks,
  collabArtifacts,
  collabAgents,
] as unknown as readonly Projection<object>[];

/** What one step does: which kind of thing, and two small numbers that choose the rest. */
type Step = readonly [kind: string, a: number, b: number];
const KINDS = [
  "session",
  "move",
  "chunk",
  "memory",
  "artifact",
  "agent",
  "task",
  "claim",
  "work",
  "end",
  "cancel",
  "time",
];
const steps = fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(5), fc.nat(5)), { minLength: 5, maxLength: 60 });

class World {
  nowMs = Date.parse("2030-01-01T00:00:00Z");
  readonly collab: CollaborativeSessions;
  readonly #claimed: Task[] = [];

  constructor(log: Parameters<typeof refreshCollab>[0]) {
    this.collab = new CollaborativeSessions(log, { actor: "user:law", now: () => new Date(this.nowMs) });
  }

  /** Most are refused now and then: what counts is what the log holds afterwards. */
  async step(one: Step): Promise<void> {
    try {
      await this.#do(one);
    } catch (error) {
      if (!(error instanceof SessionDbError)) throw error;
    }
  }

  async #do([kind, a, b]: Step): Promise<unknown> {
    const { sessions, chunks, memories, artifacts, agents, tasks } = this.collab;
    const [session, id] = [`s${a % 2}`, `x${b}`];
    const held = this.#claimed[a % Math.max(1, this.#claimed.length)];
    const token = (held?.token ?? 0) - (b === 0 ? 1 : 0);
    switch (kind) {
      case "session":
        return sessions.create(session, { title: `t${b}` });
      case "move":
        return b < 2
          ? sessions.pause(session)
          : b < 4
            ? sessions.resume(session)
            : b === 5
              ? sessions.complete(session)
              : undefined;
      case "chunk":
        return chunks.add(session, id, { content: `text ${a} ${b}` });
      case "memory":
        return memories.set(session, id, { type: "fact", content: { a, b }, tags: [`t${a}`] });
      case "artifact":
        return artifacts.save(session, id, { content: `v${a}` });
      case "agent":
        return b < 3
          ? agents.register(`a${a % 2}`, { type: "x", maxConcurrent: b + 1 })
          : agents.heartbeat(`a${a % 2}`);
      case "task":
        return tasks.create(a === 5 ? null : session, {
          ...{ agentName: `a${a % 2}`, taskType: "x", taskId: id, priority: b },
          ...{ maxAttempts: 1 + (b % 3), backoffMs: 1_000 * b },
        });
      case "claim": {
        const task = await tasks.claim(`a${a % 2}`, `w${b}`, { leaseMs: 2_000 });
        return task === null ? undefined : this.#claimed.push(task);
      }
      case "work":
        return held === undefined ? undefined : b < 3 ? tasks.start(held.id, token) : tasks.heartbeat(held.id, token);
      case "end":
        if (held === undefined) return undefined;
        return b < 4 ? tasks.complete(held.id, token, { output: b }) : tasks.fail(held.id, token, { error: "e" });
      case "cancel":
        return tasks.cancel(`${session}/${id}`);
      default:
        this.nowMs += 1_000 * b;
        return a === 0 ? tasks.requeueExpired() : undefined;
    }
  }
}

test.each(BACKENDS)(
  "%s: the tables are those of a replay, counters count, and ended tasks stay so",
  { timeout: 240_000 },
  async (_name, fresh) => {
    await fc.assert(
      fc.asyncProperty(steps, async (walk) => {
        const log = await openLog(await fresh());
        try {
          const world = new World(log);
          for (const [i, step] of walk.entries()) {
            await world.step(step);
            if (i % 7 === 0) await refreshCollab(log); // catching up in other portions gives the same
          }
          await refreshCollab(log);
          const { offset } = await log.tail();
          for (const projection of PROJECTIONS) await assertReplay(log, projection, offset);
          await assertCounters(world.collab);
          await assertTasks(world.collab);
        } finally {
          await log.close();
        }
      }),
      { numRuns: 8 },
    );
  },
);

async function assertReplay(
  log: Parameters<typeof refreshCollab>[0],
  projection: Projection<object>,
  offset: number,
): Promise<void> {
  const model = new ReadModel(log, projection);
  expect(await model.check()).toMatchObject({ differenceCount: 0 });
  const live = new Map<string, object>();
  for (const document of (await model.query({ limit: 1_000 })).documents) {
    const { id, name } = document as { id?: string; name?: string };
    live.set((id ?? name) as string, document);
  }
  expect(live).toEqual((await foldFresh(log, projection, offset)).documents);
}

async function assertCounters(collab: CollaborativeSessions): Promise<void> {
  for (const { id, ...session } of (await collab.sessions.list()).documents) {
    const page = { limit: 1, total: true };
    expect(session.chunkCount).toBe((await collab.chunks.list(id, page)).total);
    expect(session.memoryCount).toBe((await collab.memories.list(id, page)).total);
    expect(session.artifactCount).toBe((await collab.artifacts.list(id, page)).total);
    expect(session.taskCount).toBe((await collab.tasks.list({ session: id, ...page })).total);
    const { tasksByStatus } = await collabSummary(collab.log, id);
    expect(Object.values(tasksByStatus).reduce((sum, one) => sum + one, 0)).toBe(session.taskCount);
  }
}

async function assertTasks(collab: CollaborativeSessions): Promise<void> {
  for (const { id } of (await collab.tasks.list({ limit: 1_000 })).documents) {
    let before: Task | null = null;
    for (const { offset } of await collab.tasks.history(id)) {
      const { document: after } = await foldStream(collab.log, collabTasks, `collabtask-${id}`, offset);
      if (before !== null && ENDED.includes(before.status)) expect(after?.status).toBe(before.status);
      if (before !== null && after !== null && after.token !== null && after.token !== before.token) {
        expect(before.token).toBeNull(); // nobody held it
        expect(after.attempts).toBe(before.attempts + 1);
      }
      expect(after?.attempts ?? 0).toBeLessThanOrEqual(after?.maxAttempts ?? 0);
      before = after;
    }
  }
}

test("a session moves to another backend with all that belongs to it", async () => {
  const [from, to] = [await openLog("memory:"), await openLog(await (BACKENDS[1] as (typeof BACKENDS)[number])[1]())];
  const world = new World(from);
  for (const step of fc.sample(steps, { numRuns: 3, seed: 3 }).flat()) await world.step(step);
  await copyLog(from, to);
  const moved = new CollaborativeSessions(to);
  expect((await moved.sessions.list()).documents).toEqual((await world.collab.sessions.list()).documents);
  expect((await moved.tasks.list()).documents).toEqual((await world.collab.tasks.list()).documents);
  const found = async (store: CollaborativeSessions) => (await store.search("text")).hits.map(({ id }) => id).sort();
  expect(await found(moved)).toEqual(await found(world.collab));
  await to.close();
});

test("events written by other means make no log unreadable, and change nothing that is not theirs", async () => {
  const log = await openLog("memory:");
  const collab = new CollaborativeSessions(log, { actor: "a" });
  await collab.sessions.create("s");
  await collab.tasks.create("s", { agentName: "a", taskType: "x", taskId: "t" });
  const strange: ReadonlyArray<readonly [string, string, unknown]> = [
    ["collab-s", "collab.updated", { title: 7 }],
    ["collab-s", "collab.deleted", {}],
    ["collab-", "collab.created", { title: "", participants: [], context: null, metadata: null }],
    ["collabtask-s/t", "task.claimed", { claimedBy: 1 }],
    ["collabtask-noslash", "task.created", {}],
    ["collabmemory-s/k", "memory.set", null],
    ["collabchunk-s/c", "chunk.added", { content: "x" }],
    ["collabagent-a", "agent.assigned", []],
    ["collabfoo-s/x", "foo", {}],
  ];
  for (const [stream, type, data] of strange) await log.append({ stream, events: [{ type, data }] }, { actor: "x" });
  await refreshCollab(log);
  expect(await collab.sessions.get("s")).toMatchObject({ title: "s", status: "active" });
  expect((await collab.sessions.list()).documents).toHaveLength(1);
  expect(await collab.tasks.claim("a", "w")).toMatchObject({ id: "s/t" });
  expect((await collab.memories.list("s")).documents).toEqual([]);
});
