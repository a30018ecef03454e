import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import { SealedEvent, type SealedFields } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";

async function edited(offset: number, change: Partial<SealedFields> | "dropped"): Promise<EventLog> {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 3);
  await log.append({ stream: "session-b", events: [event(), event()] }, ACTOR);
  const tail = await log.tail();
  const events = (await allEvents(log)).flatMap((one) => {
    if (one.offset !== offset) return [one];
    return change === "dropped" ? [] : [new SealedEvent({ ...one, ...change })];
  });
  // Only what verifyLog reads.
  return {
    tail: async () => tail,
    readAll: async function* () {
      yield events;
    },
  } as unknown as EventLog;
}

test("a whole log verifies to its tail", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 7);
  expect(await verifyLog(log)).toEqual({ ok: true, verified: 7, tail: await log.tail(), fault: undefined });
  expect(await verifyLog(log, { to: 3 })).toMatchObject({ ok: true, verified: 3 });
  expect(await verifyLog(new MemoryLog())).toMatchObject({ ok: true, verified: 0 });
});

test.each<[string, number, Partial<SealedFields> | "dropped", number]>([
  ["data", 2, { dataText: '{"i":9}' }, 2],
  ["actor", 3, { actor: "user:mallory" }, 3],
  ["meta", 1, { metaText: '{"reason":"x"}' }, 1],
  ["time", 4, { recordedAt: "2099-01-01T00:00:00.000Z" }, 4],
  ["stream", 4, { stream: "session-a" }, 4],
  ["version", 5, { version: 3 }, 5],
  ["salt", 2, { salt: "f".repeat(32) }, 2],
  ["hash", 5, { hash: "f".repeat(64) }, 5],
  ["a dropped event", 2, "dropped", 2],
  ["a dropped last event", 5, "dropped", 5],
])("an edit of %s is named with its offset", async (_what, offset, change, named) => {
  const report = await verifyLog(await edited(offset, change));
  expect([report.ok, report.fault?.offset, report.verified]).toEqual([false, named, named - 1]);
});
