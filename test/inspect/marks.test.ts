import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, appendCount } from "../../src/conformance/target.js";
import { listMarks } from "../../src/inspect/marks.js";
import { resolvePoint } from "../../src/inspect/point.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { removeMark, setMark } from "../../src/session/set-mark.js";
import { SHARED_STORES } from "../support/stores.js";

const ADA = { actor: "user:ada" };
const offsetOf = async (log: EventLog, text: string) => (await resolvePoint(log, text, { now: new Date() })).offset;
const names = async (log: EventLog, asOf?: number) =>
  (await listMarks(log, asOf === undefined ? {} : { asOf })).map(({ name }) => name);

async function counted(count: number): Promise<MemoryLog> {
  const log = new MemoryLog();
  await appendCount(log, "session-a", count);
  return log;
}

test("a mark is the last event before its own, and stays there", async () => {
  const log = await counted(3);
  const mark = await setMark(log, "here", { ...ADA, reason: "all green" });
  expect(mark).toMatchObject({ name: "here", offset: 3, setOffset: 4, actor: "user:ada", reason: "all green" });
  await appendCount(log, "session-a", 2);
  expect(await offsetOf(log, "mark:here")).toBe(3);
  expect(await listMarks(log)).toEqual([mark]);
});

test("a mark can be anywhere in the log, also before everything", async () => {
  const log = await counted(3);
  for (const at of [0, 2]) await setMark(log, `at-${at}`, { ...ADA, at });
  for (const at of [0, 2]) expect(await offsetOf(log, `mark:at-${at}`)).toBe(at);
  await expect(setMark(log, "x", { at: 99 })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
  const empty = new MemoryLog();
  await setMark(empty, "start");
  expect(await offsetOf(empty, "mark:start")).toBe(0);
});

test("a store can be seen as it was at a mark, and keeps the marks of that time", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: "s", branch: "one" });
  await setMark(log, "m");
  await store.update("s", { branch: "two" });
  await setMark(log, "later");
  const past = await store.at("mark:m");
  expect((await past.get("s")).record.branch).toBe("one");
  expect(await names((await store.at("mark:later")).log)).toEqual(["m"]);
  expect((await (await store.at("mark:later")).at("mark:m")).log).toBeDefined();
  await expect(store.at("mark:none")).rejects.toMatchObject({ code: "MARK_NOT_FOUND" });
  await expect(setMark(past.log, "x")).rejects.toMatchObject({ code: "PAST_READ_ONLY" });
});

test("a name that is taken is kept, unless it is moved on purpose", async () => {
  const log = await counted(3);
  await setMark(log, "m", { at: 1 });
  const before = await log.tail();
  await expect(setMark(log, "m", { at: 2 })).rejects.toMatchObject({ code: "MARK_EXISTS" });
  expect(await log.tail()).toEqual(before);
  await setMark(log, "m", { at: 2, force: true });
  expect(await offsetOf(log, "mark:m")).toBe(2);
  expect(await names(log)).toEqual(["m"]);
});

test("what was taken away can be set again, and the past knows it still", async () => {
  const log = await counted(1);
  await setMark(log, "m");
  expect(await removeMark(log, "m", ADA)).toMatchObject({ name: "m", offset: 1 });
  expect([await names(log), await names(log, 2)]).toEqual([[], ["m"]]);
  await expect(removeMark(log, "m")).rejects.toMatchObject({ code: "MARK_NOT_FOUND" });
  await setMark(log, "m");
  expect(await offsetOf(log, "mark:m")).toBe(3);
});

test("a name that is not there comes with those that are most like it", async () => {
  const log = await counted(1);
  await expect(offsetOf(log, "mark:x")).rejects.toMatchObject({ code: "MARK_NOT_FOUND" });
  for (const name of ["release-1", "release-2", "before-merge", "zzz"]) await setMark(log, name);
  const failure = offsetOf(log, "mark:relase-1");
  await expect(failure).rejects.toMatchObject({ code: "MARK_NOT_FOUND", hint: /: release-1, release-2/ });
});

test.each(["a", "a.b", "v1.0-rc_2", "-", "_", ".x", "__proto__", "constructor", "HEAD", "0".repeat(64)])(
  "%s is a name",
  async (name) => {
    const log = await counted(2);
    await setMark(log, name, { at: 1 });
    await setMark(log, "other");
    expect(await offsetOf(log, `mark:${name}`)).toBe(1);
    expect(await names(log)).toEqual([name, "other"]);
    await removeMark(log, name);
    expect(await names(log)).toEqual(["other"]);
  },
);

test.each(["", "a b", "a/b", "ä", "a\n", "a..b", "a.", "a".repeat(65), "a\u0000", "‮a"])(
  "%j is no name, and nothing is written",
  async (name) => {
    const log = await counted(1);
    for (const act of [() => setMark(log, name), () => removeMark(log, name), () => offsetOf(log, `mark:${name}`)]) {
      await expect(act()).rejects.toMatchObject({ code: "MARK_NAME_INVALID" });
    }
    expect((await log.tail()).offset).toBe(1);
  },
);

describe("where the log is not what it was", () => {
  const forged = async (log: EventLog, offset: number, hash: string) =>
    log.append({ stream: "marks", events: [{ type: "mark.set", data: { name: "m", offset, hash } }] }, ACTOR);

  test.each([
    ["another event is at its place", 1, "a".repeat(64)],
    ["no event is at its place", 99, "a".repeat(64)],
  ])("%s: a mark is an error", async (_what, offset, hash) => {
    const log = await counted(2);
    await forged(log, offset, hash);
    await expect(offsetOf(log, "mark:m")).rejects.toMatchObject({ code: "MARK_MISMATCH" });
  });

  test("events that are not as declared are passed over", async () => {
    const log = await counted(2);
    await setMark(log, "good");
    await forged(log, -1, "x");
    await log.append({ stream: "marks", events: [{ type: "mark.removed", data: null }] }, ACTOR);
    await log.append({ stream: "marks", events: [{ type: "mark.whatever", data: { name: "good" } }] }, ACTOR);
    expect(await names(log)).toEqual(["good"]);
  });
});

describe.each(SHARED_STORES)("in %s", (_name, fresh) => {
  test("marks move with the log, and of two that take one name at the same time one is told", async () => {
    const source = await counted(3);
    await setMark(source, "here", { at: 2, ...ADA });
    const url = await fresh();
    const [log, other] = [await openLog(url), await openLog(url)];
    onTestFinished(async () => {
      await log.close();
      await other.close();
    });
    await copyLog(source, log);
    expect(await listMarks(log)).toEqual(await listMarks(source));
    expect(await offsetOf(log, "mark:here")).toBe(2);
    const racers = [log, other, log, other].map((one, i) => setMark(one, "same", { at: i }));
    const results = await Promise.allSettled(racers);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of results) {
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "MARK_EXISTS" });
    }
  });
});
