import { describe, expect, test } from "vitest";
import type { Task } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { BACKENDS, opened } from "../read-model/backends.js";

/** A worker that has claimed before knows the front of its queue; what others do meanwhile counts all the same. */
describe.each(BACKENDS)("%s: a worker that has claimed before", (_name, fresh) => {
  async function pair() {
    let nowMs = Date.parse("2030-01-31T10:00:00Z");
    const url = await fresh();
    const now = () => new Date(nowMs);
    const [mine, theirs] = [
      new CollaborativeSessions(await opened(url), { now }),
      new CollaborativeSessions(await opened(url), { now }),
    ];
    const log = await opened(url);
    const add = (taskId: string, priority = 0, more = {}) =>
      theirs.tasks.create(null, { agentName: "a", taskType: "x", taskId, priority, ...more });
    for (const id of ["t1", "t2", "t3", "t4"]) await add(id);
    await mine.tasks.claim("a", "me", { leaseMs: 1_000 });
    const next = async (leaseMs = 10_000) => (await mine.tasks.claim("a", "me", { leaseMs }))?.taskId ?? null;
    return { mine, theirs, log, add, next, pass: (ms: number) => (nowMs += ms) };
  }

  test("is given what another has created since, where that comes first", async () => {
    const { add, next } = await pair();
    await add("urgent", 9);
    await add("last", -1);
    expect([await next(), await next(), await next(), await next(), await next(), await next()]).toEqual([
      ...["urgent", "t2", "t3", "t4", "last"],
      null,
    ]);
  });

  test("is not given what another has taken or cancelled since, and gets the whole task", async () => {
    const { mine, theirs } = await pair();
    await theirs.tasks.claim("a", "they");
    await theirs.tasks.cancel("/t3");
    const task = (await mine.tasks.claim("a", "me", { reason: "mine" })) as Task;
    expect(task).toEqual(await mine.tasks.get("/t4"));
    expect(await mine.tasks.claim("a", "me")).toBeNull();
  });

  test("is given what comes back: after a lost lease, a backoff, a wait, in the order of the queue", async () => {
    const { theirs, add, next, pass } = await pair();
    await add("early", 5);
    const early = (await theirs.tasks.claim("a", "they", { leaseMs: 500 })) as Task;
    await add("later", 4, { notBefore: "2030-01-31T10:00:00.600Z" });
    const failing = (await theirs.tasks.claim("a", "they")) as Task;
    await theirs.tasks.fail(failing.id, failing.token as number, { error: "boom" });
    expect(await next()).toBe("t3");
    pass(500);
    expect(await next()).toBe("early");
    await expect(theirs.tasks.complete(early.id, early.token as number)).rejects.toMatchObject({ code: "LEASE_LOST" });
    pass(100);
    expect(await next()).toBe("later");
    pass(400); // the lease of t1, and the backoff of t2
    expect([await next(), await next(), await next(), await next()]).toEqual(["t1", "t2", "t4", null]);
  });

  test("is held to the number of tasks that its agent was given since, and freed of it", async () => {
    const { theirs, next } = await pair();
    await theirs.agents.register("a", { type: "cli", maxConcurrent: 2 });
    expect([await next(), await next()]).toEqual(["t2", null]);
    await theirs.agents.register("a", { type: "cli", maxConcurrent: null });
    expect(await next()).toBe("t3");
  });

  test("gets no data that was erased since", async () => {
    const { mine, log, add } = await pair();
    const { createdOffset } = await add("secret", 9, { input: { key: "hunter2" } });
    expect(await mine.tasks.claim("nobody", "me")).toBeNull();
    await log.redact?.({ offsets: [createdOffset] }, { actor: "user:ada" });
    const rest: unknown[] = [];
    for (let task = await mine.tasks.claim("a", "me"); task !== null; task = await mine.tasks.claim("a", "me")) {
      rest.push(task);
    }
    expect(JSON.stringify(rest)).not.toContain("hunter2");
    expect(rest).toHaveLength(3);
  });

  test("shares a call with the others of its process, of which each gets its own", async () => {
    const { mine, next } = await pair();
    const claims = await Promise.all(Array.from({ length: 40 }, (_, i) => mine.tasks.claim("a", `w${i}`)));
    const got = claims.filter((task) => task !== null).map(({ taskId, claimedBy }) => [taskId, claimedBy]);
    expect(got).toEqual([
      ["t2", "w0"],
      ["t3", "w1"],
      ["t4", "w2"],
    ]);
    expect(await next()).toBeNull();
  });

  test("who asks at the same time as others of its process and is refused, harms none of them", async () => {
    const { mine } = await pair();
    const asked = [mine.tasks.claim("a", "w0"), mine.tasks.claim("a", ""), mine.tasks.claim("a", "w2", { leaseMs: 0 })];
    const outcomes = await Promise.allSettled([...asked, mine.tasks.claim("a", "w3")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(outcomes.map((one) => (one.status === "fulfilled" ? one.value?.taskId : one.reason.code))).toEqual([
      ...["t2", "COLLAB_INVALID", "COLLAB_INVALID", "t3"],
    ]);
  });

  test("of an agent with a limited number many at once get no more than that, and those of another agent their own", async () => {
    const { mine, theirs } = await pair();
    await theirs.agents.register("a", { type: "cli", maxConcurrent: 3 });
    for (const id of ["b1", "b2"]) await theirs.tasks.create(null, { agentName: "b", taskType: "x", taskId: id });
    const many = (agent: string) => Promise.all(Array.from({ length: 6 }, (_, i) => mine.tasks.claim(agent, `w${i}`)));
    const [ofA, ofB] = await Promise.all([many("a"), many("b")]);
    expect(ofA.map((task) => task?.taskId ?? null)).toEqual(["t2", "t3", null, null, null, null]); // t1 is held already
    expect(ofB.map((task) => task?.taskId ?? null)).toEqual(["b1", "b2", null, null, null, null]);
  });
});
