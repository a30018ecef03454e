import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, appendCount, linesOf } from "../../src/conformance/target.js";
import { eventAt } from "../../src/inspect/event-at.js";
import { type EventFilter, eventSelector } from "../../src/inspect/event-filter.js";
import { eventItem } from "../../src/inspect/event-item.js";
import { exportEvents } from "../../src/inspect/export-events.js";
import { type ListEventsOptions, listEvents } from "../../src/inspect/list-events.js";
import { SealedEvent } from "../../src/log/event.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";

/** Events of three sessions, one after the other. */
async function mixed(count: number): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (let i = 1; i <= count; i++) {
    const events = [{ type: i % 5 === 0 ? "test.fifth" : "test.counted", data: { i } }];
    await log.append({ stream: `session-${"abc"[i % 3]}`, events }, { actor: i % 2 === 0 ? "user:ada" : "agent:x" });
  }
  return log;
}

async function offsets(log: MemoryLog, filter: EventFilter, options: ListEventsOptions = {}): Promise<number[]> {
  const found: number[] = [];
  for await (const { offset } of listEvents(log, filter, options)) found.push(offset);
  return found;
}

test("every query gives what a filter over the whole log gives", async () => {
  const COUNT = 450; // more than two of the windows in which it goes back
  const log = await mixed(COUNT);
  const all: SealedEvent[] = [];
  for await (const event of listEvents(log)) all.push(event);
  const some = (...globs: string[]) => fc.subarray(globs, { maxLength: 2 });
  const filter = fc.record<EventFilter, never>(
    {
      since: fc.nat(COUNT + 5),
      until: fc.nat(COUNT + 5),
      sessions: some("a", "b", "c"),
      types: some("test.*", "*fifth", "t*.?i*h", "none"),
      actors: some("user:*", "agent:x"),
      paths: some("*", "none"),
    },
    { requiredKeys: [] },
  );
  const options = fc.record<ListEventsOptions, never>(
    { head: fc.integer({ min: 3, max: COUNT + 5 }), limit: fc.oneof(fc.nat(4), fc.nat(COUNT)), reverse: fc.boolean() },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(filter, options, async (asked, given) => {
      const { head = COUNT, limit = COUNT, reverse = false } = given;
      const matching = all.filter((one) => one.offset <= head && eventSelector(asked)(one));
      const newest = matching.slice(Math.max(0, matching.length - limit)).map(({ offset }) => offset);
      expect(await offsets(log, asked, given)).toEqual(reverse ? newest.reverse() : newest);
    }),
    { numRuns: 300 },
  );
});

test("a session that is not there is no empty list", async () => {
  const log = await mixed(9);
  await expect(offsets(log, { sessions: ["a", "nobody"] })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(offsets(log, { sessions: ["a"] }, { head: 1 })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(await offsets(log, { sessions: ["a"], since: 9 })).toEqual([]);
  expect(await offsets(log, { sessions: ["a"], until: 0 })).toEqual([]);
});

test("a signal ends a reading, also where nothing matches", async () => {
  const log = await mixed(9);
  const signal = AbortSignal.abort(new Error("enough"));
  for (const reverse of [false, true]) {
    await expect(offsets(log, { types: ["none"] }, { signal, reverse })).rejects.toThrow("enough");
  }
});

test("an item tells what the event did to its session, and holds the data of all others", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: "s", branch: "main" }, { reason: "begin" });
  await store.update("s", { branch: "b2" });
  await store.delete("s");
  await log.append({ stream: "other", events: [{ type: "x", data: [1], meta: { reason: "seven" } }] }, ACTOR);
  const items = [];
  for await (const event of listEvents(log)) items.push(eventItem(event));
  expect(items).toMatchObject([
    { offset: 1, session: "s", reason: "begin", patch: [{ op: "add", path: "", value: { session: "s" } }] },
    { version: 2, reason: null, patch: [{ op: "replace", path: "/branch", value: "b2" }] },
    { type: "session.deleted", patch: [{ op: "replace", path: "", value: null }] },
    { session: null, stream: "other", reason: "seven", data: [1] },
  ]);
  const { event: other } = await eventAt(log, 4);
  expect(eventItem(new SealedEvent({ ...other, metaText: '{"reason":7}' }))).toMatchObject({ reason: null });
  const { event } = await eventAt(log, 2);
  const erased = new SealedEvent({ ...event, dataText: null, salt: null, dataHash: "0".repeat(64) });
  expect(eventItem(erased)).toMatchObject({ redacted: true });
  expect(eventItem(erased)).not.toHaveProperty("patch");
});

test("one event comes with the hash before it, and with whether it fits", async () => {
  const log = await mixed(3);
  const first = await eventAt(log, 1);
  expect(first).toMatchObject({ prevHash: "0".repeat(64), chainOk: true });
  expect(await eventAt(log, 2)).toMatchObject({ prevHash: first.event.hash, chainOk: true });
  const readAll = log.readAll.bind(log);
  log.readAll = async function* (range) {
    for await (const page of readAll(range)) yield page.map((one) => new SealedEvent({ ...one, type: "forged" }));
  };
  expect(await eventAt(log, 2)).toMatchObject({ chainOk: false });
  for (const offset of [0, 4]) await expect(eventAt(log, offset)).rejects.toMatchObject({ code: "EVENT_NOT_FOUND" });
});

describe.each(SHARED_STORES)("an export of %s", (_name, fresh) => {
  test("is the JSONL log of the same events, byte for byte", async () => {
    const source = new MemoryLog();
    await appendCount(source, "session-a", 1200);
    const batch = ["\u2028", "\u0000", "é🚀", "a\tb"].map((data) => ({ type: "t", data, meta: { reason: "{x}" } }));
    await source.append({ stream: 'session-"q"', events: batch }, ACTOR);
    const log = await openLog(await fresh());
    onTestFinished(() => log.close());
    for await (const page of source.readAll()) await log.appendSealed(page);
    const pieces: string[] = [];
    const report = await exportEvents(log, {}, async (lines) => pieces.push(lines));
    expect(pieces.join("")).toBe((await linesOf(source)).join(""));
    const { offset, hash } = await source.tail();
    expect(report).toEqual({ events: 1204, lastOffset: offset, lastHash: hash, endsInsideAppend: false });
    expect(await exportEvents(log, { until: 1202 }, async () => undefined)).toMatchObject({ endsInsideAppend: true });
  });
});
