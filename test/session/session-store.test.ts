import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionDbAdapter } from "../../src/session/session-db-adapter.js";
import { SessionStorage } from "../../src/session/session-storage.js";
import { SessionStore } from "../../src/session/session-store.js";
import { record } from "./records.js";

function twoStores(): { log: MemoryLog; ada: SessionStore; bob: SessionStore } {
  const log = new MemoryLog();
  return { log, ada: new SessionStore(log, { actor: "ada" }), bob: new SessionStore(log, { actor: "bob" }) };
}

test("a session is answered as it was at every offset, after its deletion too", async () => {
  const { ada } = twoStores();
  await ada.create(record("task#064", { prApproved: false }));
  await ada.update("task#064", { status: "PR_OPEN" });
  await ada.delete("task#064");
  expect(await ada.load("task#064", { asOf: 0 })).toBeNull();
  expect((await ada.load("task#064", { asOf: 1 }))?.record).toEqual(record("task#064", { prApproved: false }));
  expect((await ada.get("task#064", { asOf: 2 })).record.status).toBe("PR_OPEN");
  expect((await ada.list({ asOf: 2 })).documents).toHaveLength(1);
  expect(await ada.load("task#064")).toBeNull();
  expect((await ada.list()).documents).toEqual([]);
  await expect(ada.get("task#064")).rejects.toMatchObject({ code: "SESSION_DELETED" });
  expect((await ada.history("task#064")).map(({ type }) => type)).toEqual([
    "session.created",
    "session.updated",
    "session.deleted",
  ]);
});

test("the id of a deleted session is used again only on request", async () => {
  const { ada } = twoStores();
  await ada.create(record("a", { old: 1 }));
  await ada.delete("a");
  await expect(ada.create(record("a"))).rejects.toMatchObject({ code: "SESSION_DELETED" });
  const { document } = await ada.create(record("a"), { recreate: true });
  expect([document.version, document.record]).toEqual([3, record("a")]);
  expect(await ada.load("a")).toEqual(document);
});

test("a list goes by creation, whoever asks: a session that was created again comes last", async () => {
  const { log, ada, bob } = twoStores();
  await ada.create(record("a"));
  await ada.create(record("b"));
  await bob.list();
  await ada.delete("a");
  await ada.create(record("a"), { recreate: true });
  await log.append({ stream: "session-c", events: [{ type: "agent.step", data: {} }] }, { actor: "ada" });
  await bob.list();
  await ada.create(record("d"));
  await ada.create(record("c"));
  for (const store of [bob, new SessionStore(log)]) {
    expect((await store.list()).documents.map(({ id }) => id)).toEqual(["b", "a", "d", "c"]);
  }
});

test("a member that a change sets to undefined is removed, which compilers let through; a value of a wrong type they do not", async () => {
  const { ada } = twoStores();
  await ada.create(record("a", { status: "PR_OPEN", own: 1 }));
  const { document } = await ada.update("a", { status: undefined, own: undefined });
  expect(document.record).toEqual(record("a"));
  const adapter = new SessionDbAdapter(new SessionStorage(async () => ada, { location: "memory:", baseDir: "/b" }));
  await adapter.updateSession("a", { status: "MERGED" });
  await adapter.updateSession("a", { status: undefined });
  // @ts-expect-error a status is a text
  await adapter.updateSession("a", { status: 7 });
  expect((await ada.get("a")).record.status).toBe(7);
});

test("readers see what others appended, warm or not", async () => {
  const { ada, bob } = twoStores();
  await ada.create(record("a"));
  expect((await bob.list()).documents).toHaveLength(1);
  await ada.update("a", { branch: "x" });
  await ada.create(record("b"));
  expect((await bob.load("a"))?.record.branch).toBe("x");
  const { documents, offset } = await bob.list();
  expect([documents.map(({ id }) => id), offset]).toEqual([["a", "b"], 3]);
});

test("a log that was cut back is read anew", async () => {
  const { log, ada, bob } = twoStores();
  await ada.create(record("a"));
  await ada.create(record("b"));
  await bob.list();
  await log.truncateAfter(1, await log.tail());
  await ada.create(record("c"));
  await ada.create(record("d"));
  expect((await bob.list()).documents.map(({ id }) => id)).toEqual(["a", "c", "d"]);
  await log.truncateAfter(0, await log.tail());
  expect(await bob.list()).toEqual({ offset: 0, documents: [] });
});

test("documents that were handed out stay as they were, and cannot be changed", async () => {
  const { ada } = twoStores();
  await ada.create(record("a", { prState: { exists: true } }));
  const before = (await ada.list()).documents[0];
  await ada.update("a", { branch: "x" });
  const after = (await ada.list()).documents[0];
  expect([before?.record.branch, after?.record.branch]).toEqual([undefined, "x"]);
  expect(() => Object.assign(before?.record.prState as object, { exists: false })).toThrow(TypeError);
  expect(() => Object.assign(after?.record.prState as object, { exists: false })).toThrow(TypeError);
});

test("ten writers of different members of one session all win", async () => {
  const { log, ada } = twoStores();
  await ada.create(record("a"));
  const stores = Array.from({ length: 10 }, (_, i) => new SessionStore(log, { actor: `w${i}` }));
  await Promise.all(stores.map((store, i) => store.update("a", { [`field${i}`]: i })));
  const { document } = await ada.update("a", (now) => ({ ...now, sum: Object.keys(now).length }));
  expect(document.record.sum).toBe(3 + 10);
});

test("an expected version that does not hold is a conflict and writes nothing", async () => {
  const { log, ada } = twoStores();
  const { document } = await ada.create(record("a"));
  await ada.update("a", { branch: "x" }, { expectedVersion: document.version });
  await expect(ada.update("a", { branch: "y" }, { expectedVersion: 1 })).rejects.toMatchObject({
    code: "VERSION_CONFLICT",
    expected: 1,
    actual: 2,
  });
  expect((await log.tail()).offset).toBe(2);
});

test.each<[string, object, object, string[]]>([
  ["a pull request that appears", {}, { prState: { exists: true } }, ["session.pr-created"]],
  ["a check", { prState: { exists: true } }, { prState: { exists: false } }, ["session.pr-checked"]],
  ["a merge", { prState: { mergedAt: null } }, { prState: { mergedAt: "2026-01-01" } }, ["session.pr-merged"]],
  ["both", { prState: { n: 1 } }, { prState: { n: 2 }, branch: "x" }, ["session.updated", "session.pr-checked"]],
  ["nothing", { prState: { n: 1 } }, { prState: { n: 1 } }, []],
])("%s is told by the event's type", async (_what, before, after, types) => {
  const { ada } = twoStores();
  await ada.create(record("a", before));
  const { events, document } = await ada.update("a", after);
  expect(events.map(({ type }) => type)).toEqual(types);
  expect(document.record).toEqual(record("a", { ...before, ...after }));
});

test("reason and actor are recorded with the change", async () => {
  const { ada } = twoStores();
  await ada.create(record("a"), { reason: "ticket 7" });
  await ada.update("a", { x: 1 }, { actor: "agent:codex" });
  const events = await ada.history("a");
  expect(events.map(({ actor, meta }) => [actor, meta])).toEqual([
    ["ada", { schema: 1, reason: "ticket 7" }],
    ["agent:codex", { schema: 1 }],
  ]);
});

test.each<[string, (store: SessionStore) => Promise<unknown>, string]>([
  ["an unknown session", (store) => store.update("nope", {}), "SESSION_NOT_FOUND"],
  ["deleting an unknown session", (store) => store.delete("nope"), "SESSION_NOT_FOUND"],
  ["history of an unknown session", (store) => store.history("nope"), "SESSION_NOT_FOUND"],
  ["an id that is there", (store) => store.create(record("a")), "SESSION_EXISTS"],
  ["a new id", (store) => store.update("a", { session: "b" }), "SESSION_ID_FIXED"],
  ["a control character", (store) => store.create(record("a\n")), "SESSION_ID_INVALID"],
  ["a record without id", (store) => store.create({} as never), "SESSION_ID_INVALID"],
  ["a token", (store) => store.update("a", { github: { token: "ghp_secret" } }), "SECRET_REFUSED"],
  ["a date", (store) => store.update("a", { at: new Date(0) }), "DATA_NOT_JSON"],
])("%s is refused and writes nothing", async (_what, act, code) => {
  const { log, ada } = twoStores();
  await ada.create(record("a"));
  const error = await act(ada).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error)).not.toContain("ghp_secret");
  expect((await log.tail()).offset).toBe(1);
});

test("ten thousand events that do not fit leave a document of twenty faults and their count", async () => {
  const { log, ada } = twoStores();
  await ada.create(record("a"));
  const odd = Array.from({ length: 10_000 }, () => ({ type: "session.updated", data: { patch: "?" } }));
  await log.append({ stream: "session-a", events: odd }, { actor: "x" });
  const { faults, faultCount } = await ada.get("a");
  expect([faults.length, faults.at(-1)?.offset, faultCount]).toEqual([20, 10_001, 10_000]);
});

test("events of other types and events that do not fit leave the session readable", async () => {
  const { log, ada } = twoStores();
  await log.append({ stream: "session-a", events: [{ type: "test.counted", data: { i: 1 } }] }, { actor: "x" });
  expect((await ada.list()).documents).toEqual([]);
  await ada.create(record("a"));
  const odd = [
    { type: "session.updated", data: { patch: [{ op: "replace", path: "/nothing", value: 1 }] } },
    { type: "session.updated", data: { patch: "?" } },
    { type: "session.updated", data: { patch: [{ op: "add", path: "/x", value: 1 }] }, meta: { schema: 2 } },
    { type: "session.created", data: { record: { session: "b" } } },
    { type: "note.added", data: {} },
  ];
  await log.append({ stream: "session-a", events: odd }, { actor: "x" });
  const { document } = await ada.update("a", { branch: "x" });
  expect(document.record).toEqual(record("a", { branch: "x" }));
  expect([document.version, document.faults.map(({ offset }) => offset)]).toEqual([8, [3, 4, 5, 6]]);
});
