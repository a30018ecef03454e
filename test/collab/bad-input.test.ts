import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { openLog } from "../../src/open-log.js";

type Attempt = (store: CollaborativeSessions) => Promise<unknown>;

const CYCLE: Record<string, unknown> = {};
CYCLE.self = CYCLE;
/** What JavaScript may hand in, whatever the types say. */
// biome-ignore lint/suspicious/noExplicitAny: that is what is tested
const wrong = (value: unknown) => value as any;

const ATTEMPTS: ReadonlyArray<readonly [string, string, Attempt]> = [
  ["an unknown session", "COLLAB_SESSION_NOT_FOUND", (s) => s.chunks.add("nope", "c", { content: "x" })],
  ["a memory of an unknown session", "COLLAB_SESSION_NOT_FOUND", (s) => s.memories.set("x", "k", memory("x"))],
  ["a list of an unknown session", "COLLAB_SESSION_NOT_FOUND", (s) => s.artifacts.list("x")],
  ["a session twice", "COLLAB_SESSION_EXISTS", (s) => s.sessions.create("s")],
  ["an empty id", "COLLAB_ID_INVALID", (s) => s.sessions.create("")],
  ["a session with a slash", "COLLAB_ID_INVALID", (s) => s.sessions.create("a/b")],
  ["a session that is ..", "COLLAB_ID_INVALID", (s) => s.sessions.create("..")],
  ["a key with ../", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "../etc/passwd", memory("x"))],
  ["a key with a hidden ..", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "a/../b", memory("x"))],
  ["a key with a backslash", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "..\\x", memory("x"))],
  ["a key with a line break", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "a\nb", memory("x"))],
  ["a key with half a character", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "\ud800", memory("x"))],
  ["a key of 300 bytes", "COLLAB_ID_INVALID", (s) => s.memories.set("s", "é".repeat(150), memory("x"))],
  ["an id that is a number", "COLLAB_ID_INVALID", (s) => s.chunks.add("s", wrong(7), { content: "x" })],
  ["a wrong memory type", "COLLAB_INVALID", (s) => s.memories.set("s", "k", wrong({ type: "hunch", content: 1 }))],
  ["a wrong chunk format", "COLLAB_INVALID", (s) => s.chunks.add("s", "c", wrong({ content: "x", format: "html" }))],
  ["a wrong status to ask for", "COLLAB_INVALID", (s) => s.sessions.list(wrong({ status: "open" }))],
  ["a list of statuses to ask for", "COLLAB_INVALID", (s) => s.tasks.list(wrong({ status: ["pending"] }))],
  ["a wrong lease", "COLLAB_INVALID", (s) => s.tasks.start("s/t", 1, { leaseMs: -1 })],
  ["an output that is no JSON", "DATA_NOT_JSON", (s) => s.tasks.complete("s/t", 1, { output: 1n })],
  ["a failure without a word", "COLLAB_INVALID", (s) => s.tasks.fail("s/t", 1, wrong({}))],
  ["a wrong status of an agent", "COLLAB_INVALID", (s) => s.agents.register("a", wrong({ type: "x", status: "up" }))],
  ["a limit of no tasks", "COLLAB_INVALID", (s) => s.agents.register("a", { type: "x", maxConcurrent: 0 })],
  ["a time without a zone", "COLLAB_INVALID", (s) => s.chunks.add("s", "c", { content: "", startTime: "2026-01-31" })],
  ["content that is no text", "COLLAB_INVALID", (s) => s.artifacts.save("s", "a", wrong({ content: { a: 1 } }))],
  ["tags that are no list", "COLLAB_INVALID", (s) => s.memories.set("s", "k", wrong({ ...memory(1), tags: "x" }))],
  ["17 MiB", "CONTENT_TOO_LARGE", (s) => s.chunks.add("s", "c", { content: "x".repeat(17 * 1024 * 1024) })],
  ["a memory of 1 MiB", "CONTENT_TOO_LARGE", (s) => s.memories.set("s", "k", memory("x".repeat(1024 * 1024)))],
  ["cyclic JSON", "DATA_TOO_DEEP", (s) => s.memories.set("s", "k", memory(CYCLE))],
  ["cyclic metadata", "DATA_TOO_DEEP", (s) => s.sessions.update("s", { metadata: CYCLE })],
  ["NaN", "DATA_NOT_JSON", (s) => s.memories.set("s", "k", memory(Number.NaN))],
  ["no content at all", "DATA_NOT_JSON", (s) => s.memories.set("s", "k", memory(undefined))],
  ["a lone surrogate in a text", "DATA_NOT_JSON", (s) => s.chunks.add("s", "c", { content: "\ud800" })],
  ["a limit of 0", "QUERY_INVALID", (s) => s.sessions.list({ limit: 0 })],
  ["a cursor of nobody", "CURSOR_INVALID", (s) => s.sessions.list({ cursor: "x" })],
];

function memory(content: unknown): { type: "fact"; content: unknown } {
  return { type: "fact", content };
}

describe("bad input gets a clear error, and nothing is written:", () => {
  test.each(ATTEMPTS)("%s", async (_name, code, attempt) => {
    const log = await openLog("memory:");
    const store = new CollaborativeSessions(log, { actor: "user:ada" });
    await store.sessions.create("s");
    const { offset } = await log.tail();
    // Rejects, and does not throw: a worker that catches what a promise brings would end by it.
    const error = await attempt(store).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect((error as { hint?: string }).hint ?? "").not.toBe("");
    expect((await log.tail()).offset).toBe(offset);
  });
});
