import { expect, test } from "vitest";
import { stateAt } from "../../src/inspect/state-at.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { forkSession } from "../../src/session/fork-session.js";
import { importRecords } from "../../src/session/import-records.js";
import { revertSession } from "../../src/session/revert-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { redo, undo } from "../../src/session/undo.js";

function stores(): { log: MemoryLog; ada: SessionStore; bob: SessionStore } {
  const log = new MemoryLog();
  return { log, ada: new SessionStore(log, { actor: "ada" }), bob: new SessionStore(log, { actor: "bob" }) };
}

test("the last own change is taken back, not that of somebody else", async () => {
  const { log, ada, bob } = stores();
  await ada.create({ session: "a", branch: "main" });
  await ada.update("a", { branch: "next" });
  await bob.update("a", { status: "OPEN" });
  const { sessions, events } = await undo(ada, { reason: "typo" });
  expect(sessions).toMatchObject([{ session: "a", conflicts: [], undone: [{ offset: 2, actor: "ada" }] }]);
  expect(events).toMatchObject([{ offset: 4, actor: "ada", meta: { source: "undo:2", reason: "typo" } }]);
  expect(await stateAt(log, "a")).toEqual({ session: "a", branch: "main", status: "OPEN" });
  expect((await redo(ada)).events).toMatchObject([{ meta: { source: "redo:4" } }]);
  expect(await stateAt(log, "a")).toEqual({ session: "a", branch: "next", status: "OPEN" });
});

test("several undos reach further back, and their redos come in the opposite order", async () => {
  const { log, ada } = stores();
  await ada.create({ session: "a", n: 1 });
  for (const n of [2, 3]) await ada.update("a", { n });
  const seen = async () => (await stateAt(log, "a"))?.n;
  const told: unknown[] = [];
  for (const act of [undo, undo, undo, redo, redo, redo]) told.push(await act(ada).then(seen));
  expect(told).toEqual([2, 1, undefined, 1, 2, 3]);
  await expect(redo(ada)).rejects.toMatchObject({ code: "NOTHING_TO_REDO" });
  expect(await undo(ada).then(seen)).toBe(2);
});

test("a new change after an undo leaves nothing to redo; one of somebody else leaves it", async () => {
  const { ada, bob } = stores();
  await ada.create({ session: "a", n: 1 });
  await ada.update("a", { n: 2 });
  await undo(ada);
  await bob.create({ session: "b" });
  expect((await redo(ada, { dryRun: true })).sessions).toHaveLength(1);
  await ada.update("a", { m: 1 });
  await expect(redo(ada)).rejects.toMatchObject({ code: "NOTHING_TO_REDO" });
});

test("what somebody changed since is told and left alone, unless forced", async () => {
  const { log, ada, bob } = stores();
  await ada.create({ session: "a", n: 1, m: 1 });
  await ada.update("a", { n: 2, m: 2 });
  await bob.update("a", { n: 3 });
  const { sessions } = await undo(ada);
  expect(sessions[0]?.conflicts).toMatchObject([
    { path: "/n", wanted: 1, current: 3, by: { actor: "bob", offset: 3 } },
  ]);
  expect(await stateAt(log, "a")).toMatchObject({ n: 3, m: 1 });
  await redo(ada);
  await undo(ada, { force: true });
  expect(await stateAt(log, "a")).toMatchObject({ n: 3, m: 1 });
});

test("a change that is in conflict as a whole is an error that writes nothing", async () => {
  const { log, ada, bob } = stores();
  await ada.create({ session: "a", n: 1 });
  await ada.update("a", { n: 2 });
  await bob.update("a", { n: 3 });
  const { offset } = await log.tail();
  await expect(undo(ada)).rejects.toMatchObject({ code: "REVERT_CONFLICT" });
  expect((await log.tail()).offset).toBe(offset);
  await undo(ada, { force: true });
  expect(await stateAt(log, "a")).toMatchObject({ n: 1 });
});

test("a change that somebody took back no longer stands: the one before it is the last", async () => {
  const { log, ada, bob } = stores();
  await ada.create({ session: "a", n: 1 });
  await ada.update("a", { m: 2 });
  await ada.update("a", { n: 2 });
  await revertSession(bob, "a", { event: 3 });
  expect((await undo(ada)).sessions[0]?.undone).toMatchObject([{ offset: 2 }]);
  expect(await stateAt(log, "a")).toEqual({ session: "a", n: 1 });
});

test("in a session that somebody deleted, a change is a conflict, and a creation needs no undoing", async () => {
  const { ada, bob } = stores();
  await ada.create({ session: "a", n: 1 });
  await bob.delete("a");
  await expect(undo(ada)).rejects.toMatchObject({ code: "NOTHING_TO_UNDO" });
  await ada.create({ session: "b", n: 1 });
  await ada.update("b", { n: 2 });
  await bob.delete("b");
  await expect(undo(ada, { force: true })).rejects.toMatchObject({ code: "REVERT_CONFLICT" });
});

test("deleting, creating again, forking and reverting are undone like any other change", async () => {
  const { log, ada } = stores();
  await ada.create({ session: "a", n: 1 });
  const acts = [
    () => ada.update("a", { n: 2 }),
    () => forkSession(ada, "a", { at: 1, as: "b" }),
    () => revertSession(ada, "a", { event: 2 }),
    () => ada.delete("a"),
    () => ada.create({ session: "a", other: true }, { recreate: true }),
    () => revertSession(ada, "a", { to: 2 }),
  ];
  const states = [];
  for (const act of acts) {
    states.push([await stateAt(log, "a"), await stateAt(log, "b")]);
    await act();
  }
  for (const state of states.toReversed()) {
    await undo(ada);
    expect([await stateAt(log, "a"), await stateAt(log, "b")]).toEqual(state);
  }
});

test("a change of many sessions is undone as one, in one append, and redone as one", async () => {
  const { log, ada, bob } = stores();
  await bob.create({ session: "there", n: 1 });
  const records = ["x", "y", "there"].map((session) => ({ place: session, record: { session, n: 2 } }));
  await importRecords(ada, records, { source: "test" });
  const { sessions, events } = await undo(ada);
  expect(sessions.map(({ session }) => session)).toEqual(["x", "y", "there"]);
  expect(new Set(events.map(({ commit }) => commit)).size).toBe(1);
  expect([await stateAt(log, "x"), await stateAt(log, "there")]).toEqual([null, { session: "there", n: 1 }]);
  await redo(ada);
  expect([await stateAt(log, "x"), await stateAt(log, "there")]).toMatchObject([{ n: 2 }, { n: 2 }]);
});

test("with a session named, only its part of a change of many is undone", async () => {
  const { log, ada } = stores();
  const records = ["x", "y"].map((session) => ({ place: session, record: { session } }));
  await importRecords(ada, records, { source: "test" });
  await undo(ada, { session: "x" });
  expect([await stateAt(log, "x"), await stateAt(log, "y")]).toEqual([null, { session: "y" }]);
  await expect(undo(ada, { session: "x" })).rejects.toMatchObject({ code: "NOTHING_TO_UNDO" });
  expect((await undo(ada)).sessions.map(({ session }) => session)).toEqual(["y"]);
  await redo(ada, { session: "x" });
  expect(await stateAt(log, "x")).toEqual({ session: "x" });
});

test("a part of a change that is in conflict does not hold back the rest, nor the undo after it", async () => {
  const { log, ada, bob } = stores();
  await ada.create({ session: "first" });
  const records = ["x", "y"].map((session) => ({ place: session, record: { session } }));
  await importRecords(ada, records, { source: "test" });
  await bob.update("y", { n: 1 });
  const { sessions } = await undo(ada);
  expect(sessions.map(({ session, conflicts }) => [session, conflicts.length])).toEqual([
    ["x", 0],
    ["y", 1],
  ]);
  expect(await stateAt(log, "y")).toMatchObject({ n: 1 });
  expect((await undo(ada)).sessions.map(({ session }) => session)).toEqual(["first"]);
});

test("the actor's last change is found behind thousands of events of others", async () => {
  const { log, ada } = stores();
  await ada.create({ session: "a" });
  const noise = Array.from({ length: 2500 }, () => ({ type: "noise", data: {} }));
  await log.append({ stream: "other-1", events: noise }, { actor: "x" });
  await log.append({ stream: "session-a", events: noise.slice(0, 10) }, { actor: "ada" });
  expect((await undo(ada)).events).toMatchObject([{ type: "session.deleted" }]);
});

test("events of two actors in one append of one session are not undone together", async () => {
  const { log, ada } = stores();
  await ada.create({ session: "a", n: 0 });
  const events = ["ada", "bob", "ada"].map((actor, i) => ({
    type: "session.updated",
    data: { patch: [{ op: "add", path: `/${actor}${i}`, value: i }] },
    actor,
  }));
  await log.append({ stream: "session-a", events }, { actor: "ada" });
  await undo(ada);
  await undo(ada);
  expect(await stateAt(log, "a")).toEqual({ session: "a", n: 0, bob1: 1 });
});

test("two undos of one actor at once take back two changes, never one twice", async () => {
  const { log, ada } = stores();
  await ada.create({ session: "a", n: 1 });
  for (const n of [2, 3]) await ada.update("a", { n });
  await Promise.all([undo(ada), undo(new SessionStore(log, { actor: "ada" }))]);
  expect(await stateAt(log, "a")).toEqual({ session: "a", n: 1 });
});

test("a dry run says the same and writes nothing; with nothing to undo there is an error", async () => {
  const { log, ada } = stores();
  await expect(undo(ada)).rejects.toMatchObject({ code: "NOTHING_TO_UNDO" });
  await expect(undo(ada, { session: "__proto__" })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await ada.create({ session: "__proto__", constructor: 1 });
  const dry = await undo(ada, { dryRun: true });
  expect([dry.events, (await log.tail()).offset]).toEqual([[], 1]);
  const done = await undo(ada);
  expect(done.sessions).toEqual(dry.sessions);
});
