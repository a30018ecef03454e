import { describe, expect, test } from "vitest";
import type { Task } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { openLog } from "../../src/open-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";

/** A clock that the test moves. */
class Clock {
  ms = Date.parse("2030-01-31T10:00:00Z");
  readonly now = () => new Date(this.ms);
}

describe.each(BACKENDS)("%s:", (_name, fresh) => {
  async function queue() {
    const clock = new Clock();
    const url = await fresh();
    const store = new CollaborativeSessions(await opened(url), { actor: "user:ada", now: clock.now });
    await store.sessions.create("s");
    const add = (taskId: string, more = {}) =>
      store.tasks.create("s", { agentName: "claude", taskType: "review", taskId, ...more });
    return { clock, url, store, tasks: store.tasks, add };
  }

  test("the highest priority is claimed first, then the oldest; nobody gets what is another agent's", async () => {
    const { tasks, add } = await queue();
    await add("old");
    await add("high", { priority: 5 });
    await add("new");
    await add("theirs", { agentName: "codex", priority: 9 });
    const order: string[] = [];
    for (let task = await tasks.claim("claude", "w"); task !== null; task = await tasks.claim("claude", "w")) {
      order.push(task.taskId);
    }
    expect(order).toEqual(["high", "old", "new"]);
  });

  test("a task without a time is handed out at once, though the log stands behind an event of a clock far ahead", async () => {
    const { clock, tasks, add } = await queue();
    clock.ms = Date.parse("2020-01-31T10:00:00Z"); // the log's own times are years later
    await add("first");
    await add("later", { notBefore: "2020-01-31T11:00:00.000Z" });
    const claimed = (await tasks.claim("claude", "w", { leaseMs: 1_000 })) as Task;
    expect(claimed).toMatchObject({ taskId: "first", readyAt: "2020-01-31T10:00:01.000Z" });
    expect(await tasks.claim("claude", "w")).toBeNull();
    clock.ms += 3_600_000;
    expect(await tasks.claim("claude", "w2")).toMatchObject({ taskId: "first", attempts: 2 });
    expect(await tasks.claim("claude", "w2")).toMatchObject({ taskId: "later" });
  });

  test("a task is claimed, started, kept alive and completed; its history says by whom", async () => {
    const { clock, store, tasks, add } = await queue();
    await add("t", { input: { file: "a.ts" } });
    const claimed = (await tasks.claim("claude", "worker-1", { leaseMs: 1_000, processId: "77" })) as Task;
    expect(claimed).toMatchObject({
      id: "s/t",
      status: "claimed",
      claimedBy: "worker-1",
      processId: "77",
      attempts: 1,
    });
    const token = claimed.token as number;
    expect(await tasks.start("s/t", token, { leaseMs: 1_000 })).toMatchObject({ status: "running" });
    clock.ms += 900;
    await tasks.heartbeat("s/t", token, { leaseMs: 1_000 });
    clock.ms += 900;
    const done = await tasks.complete("s/t", token, { output: { ok: true }, artifacts: ["s/report"] });
    expect(done).toMatchObject({ status: "completed", output: { ok: true }, artifacts: ["s/report"], token: null });
    expect(await tasks.get("s/t")).toEqual(done);
    expect((await tasks.list({ session: "s", status: "completed" })).documents).toEqual([done]);
    expect((await store.sessions.get("s")).taskCount).toBe(1);
    const types = (await tasks.history("s/t")).map(({ type }) => type);
    expect(types).toEqual(["task.created", "task.claimed", "task.started", "task.heartbeat", "task.completed"]);
    expect((await tasks.get("s/t", { asOf: claimed.createdOffset })).status).toBe("pending");
  });

  test("a worker whose lease ran out is refused, whether or not somebody else has the task by then", async () => {
    const { clock, tasks, add } = await queue();
    await add("t", { maxAttempts: 5 });
    const first = (await tasks.claim("claude", "w1", { leaseMs: 1_000 })) as Task;
    expect(await tasks.claim("claude", "w2")).toBeNull();
    clock.ms += 1_000;
    await expect(tasks.complete("s/t", first.token as number)).rejects.toMatchObject({ code: "LEASE_LOST" });
    const second = (await tasks.claim("claude", "w2", { leaseMs: 1_000 })) as Task;
    expect(second).toMatchObject({ id: "s/t", claimedBy: "w2", attempts: 2 });
    expect(second.token).toBeGreaterThan(first.token as number);
    await expect(tasks.complete("s/t", first.token as number)).rejects.toMatchObject({ code: "LEASE_LOST" });
    await expect(tasks.heartbeat("s/t", first.token as number)).rejects.toMatchObject({ code: "LEASE_LOST" });
    await tasks.complete("s/t", second.token as number);
    await expect(tasks.complete("s/t", second.token as number)).rejects.toMatchObject({ code: "TASK_ENDED" });
  });

  test("a failed task comes back after its backoff, which doubles, until its attempts are spent", async () => {
    const { clock, tasks, add } = await queue();
    await add("t", { maxAttempts: 3, backoffMs: 1_000 });
    for (const wait of [1_000, 2_000]) {
      const { token } = (await tasks.claim("claude", "w")) as Task;
      expect(await tasks.fail("s/t", token as number, { error: "boom" })).toMatchObject({ status: "pending" });
      clock.ms += wait - 1;
      expect(await tasks.claim("claude", "w")).toBeNull();
      clock.ms += 1;
    }
    const { token } = (await tasks.claim("claude", "w")) as Task;
    const failed = await tasks.fail("s/t", token as number, { error: "boom again", output: [1] });
    expect(failed).toMatchObject({ status: "failed", error: "boom again", output: [1], attempts: 3 });
    clock.ms += 10_000_000;
    expect(await tasks.claim("claude", "w")).toBeNull();
  });

  test("a task whose workers are lost each time fails after its last attempt; a sweep gives the others back", async () => {
    const { clock, tasks, add } = await queue();
    await add("last", { maxAttempts: 1 });
    await add("more", { maxAttempts: 2 });
    await tasks.claim("claude", "w", { leaseMs: 10 });
    await tasks.claim("claude", "w", { leaseMs: 10 });
    clock.ms += 10;
    expect(await tasks.requeueExpired()).toBe(2);
    expect(await tasks.requeueExpired()).toBe(0);
    expect(await tasks.get("s/last")).toMatchObject({ status: "failed", error: expect.stringContaining("lease") });
    expect(await tasks.get("s/more")).toMatchObject({ status: "pending", claimedBy: null });
    expect(await tasks.claim("claude", "w")).toMatchObject({ id: "s/more" });
  });

  test("a claim passes over a task whose last lease ran out, and says so in the log", async () => {
    const { clock, tasks, add } = await queue();
    await add("lost", { maxAttempts: 1, priority: 9 });
    await add("next");
    await tasks.claim("claude", "w", { leaseMs: 10 });
    clock.ms += 10;
    expect(await tasks.claim("claude", "w")).toMatchObject({ id: "s/next" });
    expect(await tasks.get("s/lost")).toMatchObject({ status: "failed" });
  });

  test("a cancelled task is nobody's, also in the middle of its work", async () => {
    const { tasks, add } = await queue();
    await add("waiting");
    await add("working", { priority: 1 });
    const { token } = (await tasks.claim("claude", "w")) as Task;
    await tasks.cancel("s/working", { reason: "not needed" });
    await tasks.cancel("s/waiting");
    await expect(tasks.complete("s/working", token as number)).rejects.toMatchObject({ code: "TASK_ENDED" });
    await expect(tasks.cancel("s/waiting")).rejects.toMatchObject({ code: "TASK_ENDED" });
    expect(await tasks.claim("claude", "w")).toBeNull();
  });

  test("an agent of limited number holds no more than so many, however many ask at once", async () => {
    const { clock, store, tasks, add } = await queue();
    await store.agents.register("claude", { type: "cli", maxConcurrent: 2 });
    for (let i = 0; i < 6; i++) await add(`t${i}`);
    const claimed = await Promise.all(
      Array.from({ length: 6 }, (_, i) => tasks.claim("claude", `w${i}`, { leaseMs: 50 })),
    );
    const held = claimed.filter((task) => task !== null);
    expect(held).toHaveLength(2);
    expect(new Set(held.map(({ id }) => id)).size).toBe(2);
    await tasks.complete(held[0]?.id as string, held[0]?.token as number);
    expect(await tasks.claim("claude", "w", { leaseMs: 50 })).not.toBeNull();
    expect(await tasks.claim("claude", "w")).toBeNull();
    clock.ms += 50; // a lost worker holds no place
    expect(await tasks.claim("claude", "w")).not.toBeNull();
  });

  test("many claims at once from several logs give each task to one of them", async () => {
    const { clock, url, tasks, add } = await queue();
    for (let i = 0; i < 40; i++) await add(`t${i}`, { priority: i % 3 });
    const others = await Promise.all(
      [1, 2, 3].map(async () => new CollaborativeSessions(await opened(url), { now: clock.now }).tasks),
    );
    const all = [tasks, ...others];
    const claims = await Promise.all(
      Array.from({ length: 44 }, (_, i) => (all[i % 4] ?? tasks).claim("claude", `w${i}`)),
    );
    // Who finds everything held by others gets nothing, and would ask again.
    const ids = claims.flatMap((task) => (task === null ? [] : [task.id]));
    expect(new Set(ids).size).toBe(ids.length);
    let rest = 0;
    while ((await tasks.claim("claude", "rest")) !== null) rest++;
    expect(ids.length + rest).toBe(40);
  });

  test("a task of no session is found by its id", async () => {
    const { tasks } = await queue();
    const task = await tasks.create(null, { agentName: "codex", taskType: "x", taskId: "free" });
    expect(task).toMatchObject({ id: "/free", session: null });
    expect(await tasks.claim("codex", "w")).toMatchObject({ id: "/free" });
  });
});

test.each([
  [
    "a task twice",
    "TASK_EXISTS",
    (s: CollaborativeSessions) => s.tasks.create("s", { agentName: "a", taskType: "x", taskId: "t" }),
  ],
  ["an unknown task", "TASK_NOT_FOUND", (s: CollaborativeSessions) => s.tasks.complete("s/none", 1)],
  ["a task without its session", "TASK_NOT_FOUND", (s: CollaborativeSessions) => s.tasks.cancel("t")],
  ["a task with ..", "COLLAB_ID_INVALID", (s: CollaborativeSessions) => s.tasks.get("s/../t")],
  ["a token of nobody", "LEASE_LOST", (s: CollaborativeSessions) => s.tasks.complete("s/t", 1)],
  [
    "a priority that is none",
    "COLLAB_INVALID",
    (s: CollaborativeSessions) => s.tasks.create("s", { agentName: "a", taskType: "x", priority: 0.5 }),
  ],
  ["no lease at all", "COLLAB_INVALID", (s: CollaborativeSessions) => s.tasks.claim("a", "w", { leaseMs: 0 })],
  ["a claim for nobody", "COLLAB_INVALID", (s: CollaborativeSessions) => s.tasks.claim("a", "")],
  [
    "a task of an unknown session",
    "COLLAB_SESSION_NOT_FOUND",
    (s: CollaborativeSessions) => s.tasks.create("x", { agentName: "a", taskType: "x" }),
  ],
])("%s is a clear error, and nothing is written", async (_name, code, attempt) => {
  const log = await openLog("memory:");
  const store = new CollaborativeSessions(log);
  await store.sessions.create("s");
  await store.tasks.create("s", { agentName: "a", taskType: "x", taskId: "t" });
  const { offset } = await log.tail();
  expect(await (async () => attempt(store))().catch((error: unknown) => error)).toMatchObject({ code });
  expect((await log.tail()).offset).toBe(offset);
});
