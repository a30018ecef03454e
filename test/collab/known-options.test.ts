import { expect, test } from "vitest";
import { CollaborativeSessions, openLog } from "../../src/index.js";

/** As a caller whom no compiler checks. */
type Unchecked = Readonly<Record<string, Record<string, (...given: unknown[]) => Promise<unknown>>>>;

async function opened() {
  const log = await openLog("memory:");
  const collab = new CollaborativeSessions(log, { actor: "user:test" });
  await collab.sessions.create("s");
  await collab.artifacts.save("s", "a", { content: "text" });
  await collab.memories.set("s", "m", { type: "general", content: 1 });
  await collab.chunks.add("s", "c", { content: "said" });
  await collab.agents.register("bot", { type: "cli" });
  await collab.tasks.create("s", { agentName: "bot", taskType: "review", taskId: "t" });
  return { log, collab, parts: collab as unknown as Unchecked };
}

/** Each with the misspelt option in the place where it is given. */
const MISSPELT: readonly (readonly [part: string, method: string, given: readonly unknown[]])[] = [
  ["sessions", "create", ["x", { titel: "t" }]],
  ["sessions", "create", ["x", {}, { raeson: "r" }]],
  ["sessions", "get", ["s", { asof: 1 }]],
  ["sessions", "list", [{ state: "active" }]],
  ["sessions", "update", ["s", { titel: "t" }]],
  ["sessions", "complete", ["s", { when: "2026-01-31T10:00:00Z" }]],
  ["artifacts", "save", ["s", "a", { content: "x", formats: "md" }]],
  ["artifacts", "save", ["s", "a", { content: "x" }, { expectedVerion: 0 }]],
  ["artifacts", "list", ["s", { task: "t" }]],
  ["artifacts", "get", ["s", "a", { verion: 1 }]],
  ["artifacts", "versions", ["s", "a", { asof: 1 }]],
  ["memories", "set", ["s", "m", { type: "general", content: 2, tag: [] }]],
  ["memories", "set", ["s", "m", { type: "general", content: 2 }, { expectedVerion: 0 }]],
  ["memories", "get", ["s", "m", { asof: 1 }]],
  ["memories", "list", ["s", { prefix: "m" }]],
  ["memories", "history", ["s", "m", { asof: 1 }]],
  ["chunks", "add", ["s", "d", { content: "x", participant: [] }]],
  ["chunks", "add", ["s", "d", { content: "x" }, { raeson: "r" }]],
  ["chunks", "list", ["s", { from: "2026-01-31T10:00:00Z" }]],
  ["chunks", "get", ["s", "c", { asof: 1 }]],
  ["agents", "register", ["new", { type: "cli", maxConcurent: 1 }]],
  ["agents", "heartbeat", ["bot", "busy", { raeson: "r" }]],
  ["agents", "get", ["bot", { asof: 1 }]],
  ["agents", "list", [{ state: "busy" }]],
  ["tasks", "create", ["s", { agentName: "bot", taskType: "review", prio: 9 }]],
  ["tasks", "create", ["s", { agentName: "bot", taskType: "review" }, { raeson: "r" }]],
  ["tasks", "claim", ["bot", "me", { lease: 1 }]],
  ["tasks", "start", ["s/t", 1, { lease: 1 }]],
  ["tasks", "heartbeat", ["s/t", 1, { lease: 1 }]],
  ["tasks", "complete", ["s/t", 1, { outputs: 1 }]],
  ["tasks", "complete", ["s/t", 1, {}, { raeson: "r" }]],
  ["tasks", "fail", ["s/t", 1, { error: "e", retries: false }]],
  ["tasks", "cancel", ["s/t", { raeson: "r" }]],
  ["tasks", "get", ["s/t", { asof: 1 }]],
  ["tasks", "list", [{ agent: "bot" }]],
  ["tasks", "history", ["s/t", { asof: 1 }]],
];

test.each(MISSPELT)(
  "%s.%s with %j refuses an option that it does not have, and writes nothing",
  async (part, method, given) => {
    const { log, parts } = await opened();
    const before = await log.tail();
    const act = async () => parts[part]?.[method]?.(...given);
    await expect(act()).rejects.toMatchObject({ name: "TypeError", message: expect.stringContaining("has no option") });
    expect(await log.tail()).toEqual(before);
  },
);

test("a search refuses an option that it does not have", async () => {
  const { collab } = await opened();
  await expect(collab.search("said", { kind: ["memory"] } as never)).rejects.toThrow(/kinds was meant/);
  await expect(collab.searchAsIs("said", { asOf: 1 } as never)).rejects.toThrow(/no option "asOf"/);
});

test("the history of a task as of an offset that the log does not have is refused, as every such question", async () => {
  const { collab } = await opened();
  const id = (await collab.tasks.list()).documents[0]?.id ?? "";
  await expect(collab.tasks.history(id, { asOf: 99 })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
});
