import { describe, expect, test } from "vitest";
import { allEvents, event } from "../../src/conformance/target.js";
import { erase } from "../../src/erasure/erase.js";
import { planErasure } from "../../src/erasure/plan-erasure.js";
import { blame } from "../../src/inspect/blame.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { PastLog } from "../../src/replay/past-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { forkSession } from "../../src/session/fork-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";

const ADA = { actor: "user:ada" };
const SECRET = "canary7d0f4a91c2";

function fresh() {
  const log = new MemoryLog();
  return { log, store: new SessionStore(log, ADA) };
}

/** 1 created with the secret in it · 2 the branch · 3 another title. */
async function told() {
  const { log, store } = fresh();
  await store.create({ session: "a", title: SECRET, branch: "main", prState: { exists: true, commits: 3 } });
  await store.update("a", { branch: "next" });
  await store.update("a", { prState: { exists: false, commits: 4 } });
  return { log, store };
}

async function everything(log: MemoryLog): Promise<string> {
  return JSON.stringify(await allEvents(log));
}

describe("a value at a path", () => {
  test("goes wherever it was said, and the rest of the present record stays as it was", async () => {
    const { log, store } = await told();
    await store.update("a", { title: "clean", status: "OPEN" });
    const { title: _title, ...rest } = (await store.get("a")).record;
    const { events, sessions, appended } = await erase(
      log,
      { path: "/title", session: "a" },
      { ...ADA, reason: "why" },
    );
    expect([events, sessions]).toEqual([2, [{ session: "a", lost: ["/title"], restated: true }]]);
    expect(appended.map(({ type }) => type)).toEqual(["session.updated", "store.redacted"]);
    expect(appended.at(-1)?.data).toEqual({
      ranges: [
        [1, 1],
        [4, 4],
      ],
      subject: "path /title of session a",
    });
    expect((await store.get("a")).record).toEqual(rest);
    expect(await everything(log)).not.toContain(SECRET);
    expect((await verifyLog(log)).ok).toBe(true);
  });

  test("that nobody else depends on is taken without anything said again", async () => {
    const { log, store } = fresh();
    await store.create({ session: "a", branch: "main" });
    await store.update("a", { title: SECRET });
    const { sessions } = await erase(log, { path: "/title" });
    expect(sessions).toEqual([{ session: "a", lost: ["/title"], restated: false }]);
    expect((await store.get("a")).record).toMatchObject({ branch: "main" });
  });

  test("is found inside objects, in patches of them, and in the copy of an import", async () => {
    const { log, store } = fresh();
    await store.create({ session: "a", labels: { x: { token: SECRET, y: 1 } } });
    await store.update("a", { labels: { x: { token: `${SECRET}2`, y: 1 } } });
    await log.append({ stream: "session-a", events: [imported()] }, ADA);
    const { events } = await erase(log, { path: "/labels/x/token" });
    expect(events).toBe(3);
    expect((await store.get("a")).record).toMatchObject({ labels: { x: { y: 1 } } });
    expect(await everything(log)).not.toContain(SECRET);
  });

  test("the id and the whole record are refused; what is not there is told; nothing is written", async () => {
    const { log } = await told();
    const before = await everything(log);
    await expect(erase(log, { path: "/session" })).rejects.toMatchObject({ code: "REDACTION_REFUSED" });
    await expect(erase(log, { path: "" })).rejects.toMatchObject({ code: "REDACTION_INVALID" });
    await expect(erase(log, { path: "/nothing" })).rejects.toMatchObject({ code: "NOTHING_TO_ERASE" });
    await expect(erase(log, { path: "/title", session: "b" })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await everything(log)).toBe(before);
  });
});

describe("events", () => {
  test("take along the values that they were the last to set, and no others", async () => {
    const { log, store } = await told();
    await erase(log, { events: [1] }, ADA);
    const { record, faults } = await store.get("a");
    expect(record).toEqual({ session: "a", branch: "next", prState: { exists: false, commits: 4 } });
    expect(faults[0]).toEqual({ offset: 1, why: "its data was erased" });
    expect(await everything(log)).not.toContain(SECRET);
  });

  test("of other programs are erased by their offsets", async () => {
    const { log, store } = fresh();
    await store.create({ session: "a" });
    await log.append({ stream: "session-a", events: [event("agent.step", { said: SECRET })] }, ADA);
    await log.append({ stream: "notes-x", events: [event("note", SECRET)] }, ADA);
    expect((await erase(log, { events: [3, 2] })).sessions).toEqual([{ session: "a", lost: [], restated: false }]);
    expect(await everything(log)).not.toContain(SECRET);
  });

  test("that were the last of their session take what they set, and what they had changed does not come back", async () => {
    const { log, store } = fresh();
    await store.create({ session: "a", title: "old", branch: "main" });
    await store.update("a", { title: SECRET });
    const { sessions } = await erase(log, { events: [2] });
    expect(sessions).toEqual([{ session: "a", lost: ["/title"], restated: true }]);
    const { record, faults } = await store.get("a");
    expect(record).toEqual({ session: "a", branch: "main" });
    expect(faults).toEqual([{ offset: 2, why: "its data was erased" }]);
  });

  test("that created a deleted session again leave it there, with what later events have set", async () => {
    const { log, store } = fresh();
    await store.create({ session: "a", title: "first" });
    await store.delete("a");
    await store.create({ session: "a", title: SECRET, branch: "main" }, { recreate: true });
    await store.update("a", { branch: "next" });
    const { sessions } = await erase(log, { events: [3] });
    expect(sessions).toEqual([{ session: "a", lost: ["/title"], restated: true }]);
    expect((await store.get("a")).record).toEqual({ session: "a", branch: "next" });
  });

  test("that were erased before are no reason to fail, unless nothing is left; records stay", async () => {
    const { log } = await told();
    await erase(log, { events: [1] });
    expect(await erase(log, { events: [1, 2] })).toMatchObject({ events: 1, erasedBefore: 1 });
    await expect(erase(log, { events: [1, 2] })).rejects.toMatchObject({ code: "NOTHING_TO_ERASE" });
    const { offset } = await log.tail();
    await expect(erase(log, { events: [3, offset] })).rejects.toMatchObject({ code: "REDACTION_REFUSED" });
    await expect(erase(log, { events: [3, 99] })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
  });
});

describe("a session", () => {
  test("is deleted with its data; its id is all that stays, and is free only on purpose", async () => {
    const { log, store } = await told();
    await store.create({ session: "b" });
    const { deletes, appended } = await erase(log, { session: "a" }, ADA);
    expect([deletes, appended.map(({ type }) => type)]).toEqual([true, ["session.deleted", "store.redacted"]]);
    expect(await store.load("a")).toBeNull();
    expect((await store.list()).documents.map(({ id }) => id)).toEqual(["b"]);
    expect(JSON.stringify([...(await store.folded()).documents])).not.toContain(SECRET);
    await expect(store.create({ session: "a" })).rejects.toMatchObject({ code: "SESSION_DELETED" });
  });

  test("that was deleted before is erased, its deletion too, and does not come back", async () => {
    const { log, store } = await told();
    await store.delete("a");
    expect((await erase(log, { session: "a" })).deletes).toBe(false);
    expect(await store.load("a")).toBeNull();
    await expect(erase(log, { session: "a" })).rejects.toMatchObject({ code: "NOTHING_TO_ERASE" });
  });

  test("whose copies are elsewhere says where", async () => {
    const { log, store } = await told();
    await forkSession(store, "a", { at: 1, as: "b" });
    const { remains } = await planErasure(log, { session: "a" });
    expect(remains.join("\n")).toMatch(/session b, which began as a copy of a/);
    await expect(planErasure(log, { session: "c" })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

test("a plan and a past log write nothing", async () => {
  const { log } = await told();
  const before = await everything(log);
  const plan = await planErasure(log, { path: "/title" }, { reason: "x" });
  expect(plan).toMatchObject({ offset: 3, events: 1, shown: [{ offset: 1, type: "session.created" }] });
  expect(JSON.stringify(plan.shown)).not.toContain(SECRET);
  const past = await PastLog.open(log, 2);
  await expect(erase(past, { events: [1] })).rejects.toMatchObject({ code: "REDACTION_UNSUPPORTED" });
  expect(await everything(log)).toBe(before);
});

test("blame of what was said again names the redaction as its source", async () => {
  const { log } = await told();
  await erase(log, { path: "/title" }, { ...ADA, reason: "a token" });
  const found = await blame(log, "a");
  expect(JSON.stringify(found)).not.toContain(SECRET);
  expect(JSON.stringify(found)).toContain("a token");
});

test("law: erasing one member leaves the present record without it, and every other member as it was", async () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.dictionary(fc.constantFrom("x", "y"), fc.string()));
  const change = fc.dictionary(fc.constantFrom("k", "l", "m"), fc.option(value, { nil: undefined }), { minKeys: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const { log, store } = fresh();
      await store.create({ session: "a", k: SECRET });
      for (const one of changes) await store.update("a", one as object);
      const { k: _gone, ...rest } = (await store.get("a")).record;
      await erase(log, { path: "/k", session: "a" });
      expect((await store.get("a")).record).toEqual(rest);
      expect(await everything(log)).not.toContain(SECRET);
      expect((await verifyLog(log)).ok).toBe(true);
    }),
    { numRuns: 50 },
  );
});

function imported() {
  const foreign = { session: "a", labels: { x: { token: `${SECRET}3` } } };
  return event("session.imported", { patch: [], foreign }, { meta: { schema: 1 } });
}
