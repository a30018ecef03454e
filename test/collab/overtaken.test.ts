import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";

/** A log behind whose next append something is done before its caller hears of it, as by another process. */
function overtaken(log: EventLog, act: () => Promise<unknown>): EventLog {
  let isDone = false;
  const append: EventLog["append"] = async (...args) => {
    const result = await log.append(...args);
    if (!isDone) {
      isDone = true;
      await act();
    }
    return result;
  };
  return new Proxy(log, {
    get(target, name) {
      if (name === "append") return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe.each(BACKENDS)("%s, somebody else writes right behind:", (_name, fresh) => {
  async function two() {
    const url = await fresh();
    const log = await opened(url);
    const other = new CollaborativeSessions(await opened(url), { actor: "user:bob" });
    await other.sessions.create("s");
    const store = (act: () => Promise<unknown>) =>
      new CollaborativeSessions(overtaken(log, act), { actor: "user:ada" });
    return { other, store };
  }

  test("setting a memory gives the value that was set, not the one that somebody else has set since", async () => {
    const { other, store } = await two();
    const { created } = await other.memories.set("s", "k", { type: "fact", content: "first" });
    const { memories } = store(() => other.memories.set("s", "k", { type: "fact", content: "bob's" }));
    const set = await memories.set("s", "k", { type: "fact", content: "ada's" });
    expect(set).toMatchObject({ content: "ada's", version: 2, actor: "user:ada", created });
    expect(await memories.get("s", "k")).toMatchObject({ content: "bob's", version: 3 });
  });

  test("saving an artifact gives the version that was saved, not a later one of somebody else", async () => {
    const { other, store } = await two();
    const { created } = await other.artifacts.save("s", "f", { content: "first" });
    const { artifacts } = store(() => other.artifacts.save("s", "f", { content: "bob's", name: "of bob" }));
    const saved = await artifacts.save("s", "f", { content: "ada's", name: "of ada" });
    expect(saved).toMatchObject({ name: "of ada", version: 2, created });
    expect(await artifacts.get("s", "f")).toMatchObject({ name: "of bob", version: 3, content: "bob's" });
  });

  test("of two who give expired tasks back, each counts what it has given back itself", async () => {
    const url = await fresh();
    let ms = Date.parse("2030-01-31T10:00:00Z");
    const now = () => new Date(ms);
    const log = await opened(url);
    const other = new CollaborativeSessions(await opened(url), { actor: "user:bob", now });
    for (const taskId of ["a", "b", "c"]) await other.tasks.create(null, { taskId, agentName: "x", taskType: "t" });
    for (let i = 0; i < 3; i++) await other.tasks.claim("x", "lost", { leaseMs: 1_000 });
    ms += 2_000;
    let counted = 0;
    const act = async () => {
      counted = await other.tasks.requeueExpired();
    };
    const { tasks } = new CollaborativeSessions(overtaken(log, act), { actor: "user:ada", now });
    expect(await tasks.requeueExpired()).toBe(1);
    expect(counted).toBe(2);
  });
});
