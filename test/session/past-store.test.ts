import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { blame } from "../../src/inspect/blame.js";
import { diff } from "../../src/inspect/diff.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { openStore } from "../../src/session/open-store.js";
import { revertSession } from "../../src/session/revert-session.js";
import { type PastStore, SessionStore } from "../../src/session/session-store.js";
import { undo } from "../../src/session/undo.js";
import { ID, logOf, states } from "../inspect/histories.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

/** As JavaScript sees it. */
function untyped(past: PastStore): SessionStore {
  return past as SessionStore;
}

describe.each<[string, () => Promise<string>]>([
  ["memory", async () => "memory:"],
  ["jsonl", async () => `jsonl:${join(tempDir(), "s.jsonl")}`],
  ["sqlite", async () => `sqlite:${join(tempDir(), "s.db")}`],
  ["postgres", freshPostgresUrl],
])("%s", (_backend, url) => {
  test("a store of the past answers everything as it was, whatever is appended", async () => {
    await using store = await openStore(await url(), { actor: "ada" });
    await store.create({ session: "a", n: 1 });
    await store.update("a", { n: 2 });
    await store.create({ session: "b" });
    const past = await store.at(2);
    await store.delete("a");
    await store.update("b", { n: 1 });
    expect((await past.get("a")).record).toMatchObject({ n: 2 });
    expect(await past.load("b")).toBeNull();
    const { offset, documents } = await past.list();
    expect([offset, documents.map(({ id }) => id)]).toEqual([2, ["a"]]);
    expect(await past.history("a")).toHaveLength(2);
    await expect(past.history("b")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect((await past.log.tail()).offset).toBe(2);
    expect((await blame(past.log, "a", { path: "/n" }))[0]?.set.offset).toBe(2);
    expect((await diff(past.log, "a", { from: 1, to: 2 })).to.version).toBe(2);
    await expect(diff(past.log, "a", { from: 1, to: 5 })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
    const model = await new ReadModel(past.log, sessions).query();
    expect(model.documents.map(({ id, version }) => [id, version])).toEqual([["a", 2]]);
    expect((await (await store.at(0)).list()).documents).toEqual([]);
    expect(await (await store.at(0)).load("a")).toBeNull();
  });
});

test("every kind of point names the past; vN needs its session", async () => {
  const times = ["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"].map((t) => new Date(t));
  let at = 0;
  const log = new MemoryLog({ now: () => times[at] as Date });
  const store = new SessionStore(log, { actor: "ada" });
  for (; at < 3; at++) await store.create({ session: `s${at}` });
  const now = new Date("2026-01-01T12:30:00Z");
  const offsets: number[] = [];
  for (const point of [1, "1", "HEAD~2", times[0] as Date, "2026-01-01T10:59:00Z", "2h"]) {
    offsets.push((await (await store.at(point, { now })).list()).offset);
  }
  expect(offsets).toEqual([1, 1, 1, 1, 1, 1]);
  expect((await (await store.at("v1", { session: "s1" })).list()).offset).toBe(2);
  expect((await (await store.at(new Date())).list()).offset).toBe(3);
});

test.each<[string, unknown, string]>([
  ["an offset past the end", 4, "POINT_OUTSIDE"],
  ["a negative offset", -1, "POINT_INVALID"],
  ["a fraction", 1.5, "POINT_INVALID"],
  ["NaN", Number.NaN, "POINT_INVALID"],
  ["a large number", 1e21, "POINT_INVALID"],
  ["no time", new Date(Number.NaN), "POINT_INVALID"],
  ["a time before the first event", new Date(0), "POINT_OUTSIDE"],
  ["a text that is none", "soon", "POINT_INVALID"],
  ["an empty text", "", "POINT_INVALID"],
  ["a version without a session", "v1", "POINT_INVALID"],
  ["more than there is", "HEAD~99999", "POINT_OUTSIDE"],
  ["nothing", undefined, "POINT_INVALID"],
])("%s is refused", async (_what, point, code) => {
  const store = new SessionStore(new MemoryLog(), { actor: "ada" });
  for (const n of [1, 2, 3]) await store.create({ session: `s${n}` });
  await expect(store.at(point as string)).rejects.toMatchObject({ code });
});

test("every write to the past is refused, with what to do instead", async () => {
  const store = new SessionStore(new MemoryLog(), { actor: "ada" });
  await store.create({ session: "a", n: 1 });
  await store.update("a", { n: 2 });
  const past = untyped(await store.at(1));
  const writes = [
    () => past.create({ session: "b" }),
    () => past.update("a", { n: 1 }),
    () => past.update("nope", {}),
    () => past.delete("a"),
    () => past.change("a", () => []),
    () => past.changeMany(() => []),
    () => past.log.append({ stream: "x", events: [{ type: "t", data: 1 }] }, { actor: "x" }),
    () => past.log.appendSealed([]),
    () => past.log.truncateAfter(0, { offset: 1, hash: "", recordedAt: "" }),
    () => revertSession(past, "a", { event: 1 }),
    () => undo(past),
  ];
  for (const write of writes) {
    await expect(write()).rejects.toMatchObject({ code: "PAST_READ_ONLY", hint: expect.stringContaining("fork") });
  }
  expect((await store.log.tail()).offset).toBe(2);
});

test("the past of a past reaches no further than that", async () => {
  const store = new SessionStore(new MemoryLog(), { actor: "ada" });
  for (const n of [1, 2, 3]) await store.create({ session: `s${n}` });
  const past = await store.at(2);
  expect((await (await past.at(1)).list()).offset).toBe(1);
  expect((await (await past.at("HEAD")).list()).offset).toBe(2);
  await expect(past.at(3)).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
  await expect(past.list({ asOf: 3 })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
});

test("where the log was cut back below it, the past is gone, also when others have written there since", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  for (const n of [1, 2, 3]) await store.create({ session: `s${n}` });
  const [past, kept] = [await store.at(3), await store.at(2)];
  await log.truncateAfter(2, await log.tail());
  await expect(past.list()).rejects.toMatchObject({ code: "PAST_GONE" });
  await store.create({ session: "other" });
  await expect(past.load("s1")).rejects.toMatchObject({ code: "PAST_GONE" });
  expect((await kept.list()).documents).toHaveLength(2);
});

test("closing the store ends its past; closing the past ends nothing", async () => {
  const store = await openStore("memory:", { actor: "ada" });
  await store.create({ session: "a" });
  const past = await store.at("HEAD");
  await past.log.close();
  expect((await past.list()).documents).toHaveLength(1);
  await store.close();
  await store.close();
  await expect(past.list()).rejects.toMatchObject({ code: "LOG_CLOSED" });
  await expect(store.list()).rejects.toMatchObject({ code: "LOG_CLOSED" });
});

test("law: the past is the store of a log that ended there", async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.nat(), async (all, pick) => {
      const { log, store } = await logOf(all);
      const { offset } = await log.tail();
      const at = pick % (offset + 1);
      const ended = new MemoryLog();
      for await (const event of eventsOf(log.readAll({ to: at }))) await ended.appendSealed([event]);
      const [past, twin] = [await store.at(at), new SessionStore(ended, { actor: "ada" })];
      expect(await past.log.tail()).toEqual(await ended.tail());
      expect(await past.list()).toEqual(await twin.list());
      expect(await past.load(ID)).toEqual(await twin.load(ID));
      expect(await past.settings()).toEqual(await twin.settings());
      const histories = [past, twin].map((one) => one.history(ID).then((events) => events.length, String));
      expect(await histories[0]).toEqual(await histories[1]);
    }),
  );
});
