import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";

const LARGE = `begin ${"lorem ipsum ".repeat(420_000)}end`; // 5 MB

describe.each(BACKENDS)("%s:", (_name, fresh) => {
  async function collab(): Promise<CollaborativeSessions> {
    return new CollaborativeSessions(await opened(await fresh()), { actor: "user:ada" });
  }

  async function offsetOf({ log }: { readonly log: EventLog }): Promise<number> {
    return (await log.tail()).offset;
  }

  test("a session is created, paused, resumed and completed, and its counters count what is in it", async () => {
    const store = await collab();
    const { sessions, chunks, memories, artifacts } = store;
    await sessions.create("s1", { title: "Auth", participants: ["ada", "claude"], context: { repo: "x" } });
    await chunks.add("s1", "c1", { content: "hello" });
    await chunks.add("s1", "c2", { content: "world", format: "summary" });
    await memories.set("s1", "db", { type: "decision", content: "use sqlite", tags: ["db"] });
    await memories.set("s1", "db", { type: "decision", content: "use postgres" });
    await artifacts.save("s1", "docs/plan.md", { content: "# Plan" });
    await artifacts.save("s1", "docs/plan.md", { content: "# Plan 2" });
    const before = await offsetOf(store);
    expect(await sessions.pause("s1", { reason: "lunch" })).toMatchObject({ status: "paused" });
    expect(await sessions.resume("s1")).toMatchObject({ status: "active" });
    const done = await sessions.complete("s1");
    expect(done).toMatchObject({ status: "completed", title: "Auth", participants: ["ada", "claude"] });
    expect(done).toMatchObject({ chunkCount: 2, memoryCount: 1, artifactCount: 1, taskCount: 0 });
    expect(done.completedAt).toBe(done.lastActivity);
    expect(await sessions.get("s1", { asOf: before })).toMatchObject({ status: "active", completedAt: null });
    await expect(sessions.resume("s1")).rejects.toMatchObject({ code: "COLLAB_STATUS_CONFLICT" });
    expect(await sessions.complete("s1")).toEqual(done);
  });

  test("lists show the last active first, by status and by words", async () => {
    const store = await collab();
    for (const id of ["a", "b", "c"]) await store.sessions.create(id, { title: `title of ${id}` });
    await store.sessions.pause("b");
    await store.sessions.update("a", { title: "other", metadata: { x: 1 } });
    const ids = async (filter = {}) => (await store.sessions.list(filter)).documents.map(({ id }) => id);
    expect(await ids()).toHaveLength(3);
    expect(await ids({ status: "active" })).toEqual(expect.arrayContaining(["a", "c"]));
    expect(await ids({ status: "paused" })).toEqual(["b"]);
    expect(await ids({ search: "title" })).toEqual(expect.arrayContaining(["b", "c"]));
    const first = await store.sessions.list({ limit: 2, total: true });
    expect(first.total).toBe(3);
    expect(await ids({ limit: 2, cursor: first.next as string })).toHaveLength(1);
  });

  test("5 MB of text are one chunk, and a list of chunks holds no texts", async () => {
    const { sessions, chunks } = await collab();
    await sessions.create("s");
    const added = await chunks.add("s", "big", { content: LARGE, extractedItems: [{ decision: "x" }] });
    expect(added).toMatchObject({ chars: LARGE.length, preview: LARGE.slice(0, 160) });
    await chunks.add("s", "small", { content: "hi", format: "transcript", startTime: "2026-01-31T10:00:00+01:00" });
    const { documents } = await chunks.list("s");
    expect(JSON.stringify(documents).length).toBeLessThan(3_000);
    expect(documents.map(({ chunkId }) => chunkId)).toEqual(["big", "small"]);
    expect((await chunks.list("s", { format: "transcript" })).documents).toHaveLength(1);
    expect((await chunks.get("s", "big")).content).toBe(LARGE);
    expect(await chunks.get("s", "small")).toMatchObject({ startTime: "2026-01-31T09:00:00.000Z", content: "hi" });
    await expect(chunks.add("s", "small", { content: "again" })).rejects.toMatchObject({ code: "CHUNK_EXISTS" });
  });

  test("a memory keeps all earlier values, and its key is one of its session only", async () => {
    const store = await collab();
    const { sessions, memories } = store;
    await sessions.create("s");
    await sessions.create("t");
    await memories.set("s", "k", { type: "idea", content: { a: 1 }, tags: ["x", "y", "x"] });
    const then = await offsetOf(store);
    const second = await memories.set("s", "k", { type: "fact", content: [2] }, { actor: "agent:claude" });
    expect(second).toMatchObject({ version: 2, type: "fact", content: [2], tags: [], actor: "agent:claude" });
    await memories.set("t", "k", { type: "risk", content: "other" });
    expect(await memories.get("s", "k", { asOf: then })).toMatchObject({ content: { a: 1 }, tags: ["x", "y"] });
    expect((await memories.history("s", "k")).map(({ content }) => content)).toEqual([{ a: 1 }, [2]]);
    expect((await memories.list("s")).documents).toEqual([second]);
    expect((await memories.list("s", { type: "idea" })).documents).toEqual([]);
    expect((await memories.list("s", { type: "idea", asOf: then })).documents).toHaveLength(1);
    const late = memories.set("s", "k", { type: "fact", content: 3 }, { expectedVersion: 1 });
    await expect(late).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  });

  test("an artifact of one session leaves that of another alone, and every version stays", async () => {
    const { sessions, artifacts } = await collab();
    await sessions.create("s");
    await sessions.create("t");
    await artifacts.save("s", "code_main", { content: "v1", type: "code", name: "main" });
    await artifacts.save("t", "code_main", { content: "theirs" });
    const saved = await artifacts.save("s", "code_main", { content: "v2", type: "code", taskId: "s/1" });
    expect(saved).toMatchObject({ version: 2, taskId: "s/1" });
    expect((await artifacts.get("s", "code_main")).content).toBe("v2");
    expect((await artifacts.get("s", "code_main", { version: 1 })).content).toBe("v1");
    expect((await artifacts.get("t", "code_main")).content).toBe("theirs");
    expect((await artifacts.versions("s", "code_main")).map(({ version }) => version)).toEqual([1, 2]);
    await expect(artifacts.get("s", "code_main", { version: 3 })).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });

  test("agents are registered, beat, and the three samples come on request", async () => {
    const { agents } = await collab();
    expect((await agents.list()).documents).toEqual([]);
    await agents.register("claude-code", { type: "mine", maxConcurrent: 1 });
    expect(await agents.registerSamples()).toHaveLength(3);
    expect(await agents.get("claude-code")).toMatchObject({ type: "mine" });
    const beat = await agents.heartbeat("researcher", "busy");
    expect(beat).toMatchObject({ status: "busy", lastHeartbeat: expect.stringMatching(/Z$/) });
    expect((await agents.list({ status: "busy" })).documents).toEqual([beat]);
    await expect(agents.heartbeat("nobody")).rejects.toMatchObject({ code: "AGENT_NOT_FOUND" });
  });
});
