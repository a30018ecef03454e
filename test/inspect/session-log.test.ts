import { expect, test } from "vitest";
import { type SessionLogEntry, sessionLog } from "../../src/inspect/session-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";

async function entries(log: MemoryLog, id: string, options = {}): Promise<SessionLogEntry[]> {
  const all: SessionLogEntry[] = [];
  for await (const entry of sessionLog(log, id, options)) all.push(entry);
  return all;
}

async function threeEvents(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: "a", prState: { exists: true } });
  await store.create({ session: "b" });
  await store.update("a", { prState: { exists: false } }, { actor: "agent:codex", reason: "periodic sync" });
  await store.delete("a");
  return log;
}

test("each entry says who changed what, from what to what, and why", async () => {
  const all = await entries(await threeEvents(), "a");
  expect(all.map(({ offset, version, actor, type, reason }) => [offset, version, actor, type, reason])).toEqual([
    [1, 1, "ada", "session.created", undefined],
    [3, 2, "agent:codex", "session.pr-checked", "periodic sync"],
    [4, 3, "ada", "session.deleted", undefined],
  ]);
  expect(all.map(({ changes }) => changes)).toEqual([
    [
      { path: "/prState/exists", before: undefined, after: true },
      { path: "/session", before: undefined, after: "a" },
    ],
    [{ path: "/prState/exists", before: true, after: false }],
    [],
  ]);
});

test("it ends at an offset where one is given", async () => {
  expect(await entries(await threeEvents(), "a", { toOffset: 3 })).toHaveLength(2);
});

test("an event that does not fit is told", async () => {
  const log = await threeEvents();
  await log.append({ stream: "session-b", events: [{ type: "session.updated", data: {} }] }, { actor: "x" });
  const [, odd] = await entries(log, "b");
  expect([odd?.changes, odd?.fault]).toEqual([[], expect.stringContaining("not as declared")]);
});

test("an unknown session is an error, not an empty trail", async () => {
  const log = await threeEvents();
  await expect(entries(log, "nope")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(entries(log, "b", { toOffset: 1 })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});
