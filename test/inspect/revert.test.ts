import { expect, test } from "vitest";
import { leafChanges, valueAt } from "../../projections/json-leaves.js";
import { stateAt } from "../../src/inspect/state-at.js";
import { canonicalText } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { forkSession } from "../../src/session/fork-session.js";
import type { RevertTarget } from "../../src/session/plan-revert.js";
import { previewRevert, type Reverted, revertSession } from "../../src/session/revert-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { ID, logOf, states } from "./histories.js";

/** 1 creates, 2 prepares a pull request, 3 says it is gone, 4 counts. */
async function prSession(): Promise<{ log: MemoryLog; store: SessionStore }> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: ID, branch: "main" });
  await store.update(ID, { prState: { exists: true, branchName: "pr/a" } });
  await store.update(ID, { prState: { exists: false, branchName: "pr/a" } }, { actor: "codex" });
  await store.update(ID, { commitCount: 4 });
  return { log, store };
}

test("one event is taken back by a new one, and what came later stays", async () => {
  const { log, store } = await prSession();
  const { events, conflicts } = await revertSession(store, ID, { event: 3 }, { reason: "wrong remote" });
  expect(conflicts).toEqual([]);
  expect(events).toMatchObject([{ offset: 5, type: "session.updated" }]);
  expect(events[0]?.meta).toMatchObject({ source: "revert:3", reason: "wrong remote" });
  expect(await stateAt(log, ID)).toMatchObject({ prState: { exists: true, branchName: "pr/a" }, commitCount: 4 });
  expect(await stateAt(log, ID, 4)).toMatchObject({ prState: { exists: false } });
});

test("places that a later event changed too are told and left alone, unless forced", async () => {
  const { log, store } = await prSession();
  const { conflicts } = await revertSession(store, ID, { event: 2 });
  expect(conflicts).toMatchObject([{ path: "/prState/exists", wanted: undefined, current: false, by: { offset: 3 } }]);
  expect(await stateAt(log, ID)).toMatchObject({ prState: { exists: false } });
  await expect(revertSession(store, ID, { event: 2 })).rejects.toMatchObject({ code: "REVERT_CONFLICT" });
  await revertSession(store, ID, { event: 2, force: true });
  expect(await stateAt(log, ID)).toEqual({ session: ID, branch: "main", commitCount: 4 });
});

test("a change that was taken back, and the taking back, are no conflict for what came before", async () => {
  const { log, store } = await prSession();
  await store.update(ID, { commitCount: 7 });
  await revertSession(store, ID, { event: 5 });
  expect((await revertSession(store, ID, { event: 4 })).conflicts).toEqual([]);
  expect(await stateAt(log, ID)).not.toHaveProperty("commitCount");
  expect((await revertSession(store, ID, { event: 7 })).conflicts).toEqual([]);
  expect((await revertSession(store, ID, { event: 4 })).events).toHaveLength(1);
});

test("a deletion is taken back by creating the session again; nothing else of a deleted one is", async () => {
  const { log, store } = await prSession();
  const before = await stateAt(log, ID);
  await store.delete(ID);
  await expect(revertSession(store, ID, { event: 3 })).rejects.toMatchObject({ code: "SESSION_DELETED" });
  expect((await revertSession(store, ID, { event: 5 })).events).toMatchObject([{ type: "session.created" }]);
  expect(await stateAt(log, ID)).toEqual(before);
});

test("a creation is taken back whole or not at all", async () => {
  const { log, store } = await prSession();
  await expect(revertSession(store, ID, { event: 1 })).rejects.toMatchObject({ code: "REVERT_CONFLICT" });
  await revertSession(store, ID, { event: 1, force: true });
  expect(await stateAt(log, ID)).toBeNull();
});

test("an unknown event, and a point at which there was no session, are errors", async () => {
  const { store } = await prSession();
  await expect(revertSession(store, ID, { event: 9 })).rejects.toMatchObject({ code: "EVENT_NOT_FOUND" });
  await expect(revertSession(store, ID, { to: 0 })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("two who take back the same event at once: one does, the other finds it done or in conflict", async () => {
  const { log } = await prSession();
  const tries = [1, 2].map(() => revertSession(new SessionStore(log, { actor: "b" }), ID, { event: 3 }));
  const results = await Promise.allSettled(tries);
  const written = results.flatMap((one) => (one.status === "fulfilled" ? one.value.events : []));
  expect(written).toHaveLength(1);
  expect((await log.tail()).offset).toBe(5);
});

test("a fork begins as the session was, and names its origin", async () => {
  const { log, store } = await prSession();
  const { events } = await forkSession(store, ID, { at: 3, as: "b" });
  expect(events[0]?.meta.source).toBe("fork:a@3");
  expect(await stateAt(log, "b")).toEqual({ ...(await stateAt(log, ID, 3)), session: "b" });
  await expect(forkSession(store, ID, { at: 3, as: "b" })).rejects.toMatchObject({ code: "SESSION_EXISTS" });
  await expect(forkSession(store, ID, { at: 0, as: "c" })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

/** @returns undefined where nothing could be taken back */
async function tried(store: SessionStore, target: RevertTarget): Promise<Reverted | undefined> {
  return revertSession(store, ID, target).catch((error: { code?: string }) => {
    if (["REVERT_CONFLICT", "SESSION_DELETED", "SESSION_NOT_FOUND"].includes(error.code ?? "")) return undefined;
    throw error;
  });
}

const targets = fc.record({ kind: fc.constantFrom("event", "forced", "to"), pick: fc.nat() });

test("law: taking back what was taken back is as if nothing had been", async () => {
  await fc.assert(
    fc.asyncProperty(states, targets, async (all, { kind, pick }) => {
      const { log, store } = await logOf(all);
      const events = await store.history(ID);
      const { offset } = events[pick % events.length] as { offset: number };
      const before = await stateAt(log, ID);
      const target = kind === "to" ? { to: offset } : { event: offset, force: kind === "forced" };
      const [event] = (await tried(store, target))?.events ?? [];
      if (event !== undefined) {
        expect((await revertSession(store, ID, { event: event.offset })).conflicts).toEqual([]);
      }
      expect(canonicalText(await stateAt(log, ID))).toBe(canonicalText(before));
    }),
    { numRuns: 300 },
  );
});

test("law: taking back one event changes only what it changed, and no place that a later one changed", async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.nat(), async (all, pick) => {
      const { log, store } = await logOf(all);
      const { offset } = (await store.history(ID)).at(pick % 3) ?? { offset: 2 };
      const before = await stateAt(log, ID);
      const plan = await previewRevert(store, ID, { event: offset }).catch(() => undefined);
      const done = await tried(store, { event: offset });
      expect([done?.after, done?.conflicts]).toEqual([plan?.after, plan?.conflicts]);
      const was = (await stateAt(log, ID, offset - 1)) ?? undefined;
      for (const { path, after } of leafChanges(before ?? undefined, (await stateAt(log, ID)) ?? undefined)) {
        if (after !== undefined) expect(after).toEqual(valueAt(was, path));
        for (const conflict of done?.conflicts ?? []) expect(path).not.toBe(conflict.path);
      }
    }),
  );
});

test("law: back to a point is the record of that point", async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.nat(), async (all, pick) => {
      const { log, store } = await logOf(all);
      const to = pick % ((await log.tail()).offset + 1);
      const then = await stateAt(log, ID, to);
      const done = await tried(store, { to });
      if (then === null) expect(done).toBeUndefined();
      else expect(await stateAt(log, ID)).toEqual(then);
    }),
  );
});
