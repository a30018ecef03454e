import { expect, test } from "vitest";
import { ACTOR, allEvents, event, ManualClock } from "../../src/conformance/target.js";
import { type AuditEntry, type AuditSummary, audit } from "../../src/inspect/audit.js";
import { auditGroups, GROUP_BY } from "../../src/inspect/audit-groups.js";
import type { EventFilter } from "../../src/inspect/event-filter.js";
import { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { fc } from "../support/fast-check.js";
import { filters, isMeant, mixedLog, mixedLogs } from "./mixed-logs.js";

async function audited(log: EventLog, filter: EventFilter = {}, head?: number): Promise<[AuditEntry[], AuditSummary]> {
  const entries: AuditEntry[] = [];
  const all = audit(log, filter, head === undefined ? {} : { head });
  for (;;) {
    const step = await all.next();
    if (step.done === true) return [entries, step.value];
    entries.push(step.value);
  }
}

test("what the audit gives is what a look at every event gives", async () => {
  await fc.assert(
    fc.asyncProperty(mixedLogs, filters, async (plan, filter) => {
      const log = await mixedLog(plan);
      const expected = (await allEvents(log)).filter((one) => isMeant(filter, one)).map(({ offset }) => offset);
      const [entries, summary] = await audited(log, filter);
      expect(entries.map(({ offset }) => offset)).toEqual(expected);
      expect(summary).toMatchObject({ events: expected.length, first: expected[0], last: expected.at(-1) });
    }),
    { numRuns: 200 },
  );
});

test("sessions are counted apart from other streams, in all and in each group", async () => {
  const log = new MemoryLog();
  for (const stream of ["session-a", "session-b", "collab-a", "mark-x"]) {
    await log.append([{ stream, events: [event()] }], ACTOR);
  }
  const [, summary] = await audited(log);
  expect(summary).toMatchObject({ sessions: 2, otherStreams: 2 });
  const { groups } = await auditGroups(log, {}, "actor");
  expect(groups).toMatchObject([{ events: 4, sessions: 2, otherStreams: 2 }]);
});

test("groups hold every event that the audit gives, and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(mixedLogs, filters, fc.constantFrom(...GROUP_BY), async (plan, filter, by) => {
      const log = await mixedLog(plan);
      const [entries, expected] = await audited(log, filter);
      const { groups, summary } = await auditGroups(log, filter, by);
      expect(summary).toEqual(expected);
      const counted = entries.reduce((sum, one) => sum + (by === "path" ? Math.max(1, one.paths.length) : 1), 0);
      expect(groups.reduce((sum, { events }) => sum + events, 0)).toBe(counted);
      expect(new Set(groups.flatMap(({ paths }) => paths))).toEqual(new Set(entries.flatMap(({ paths }) => paths)));
      expect(Math.max(0, ...groups.map(({ lastOffset }) => lastOffset))).toBe(summary.last ?? 0);
    }),
    { numRuns: 100 },
  );
});

async function threeDays(): Promise<MemoryLog> {
  const clock = new ManualClock();
  const log = new MemoryLog({ now: clock.now });
  for (const [time, actor, stream] of [
    ["2026-01-30T23:59:59.999Z", "agent:b", "session-x"],
    ["2026-01-31T00:00:00.000Z", "agent:a", "session-x"],
    ["2026-02-01T12:00:00.000Z", "agent:b", "x"],
  ] as const) {
    clock.set(time);
    await log.append({ stream, events: [event()] }, { actor });
  }
  return log;
}

test("days are UTC days in their order; other groups have the largest first", async () => {
  const log = await threeDays();
  const keys = async (by: (typeof GROUP_BY)[number]) => (await auditGroups(log, {}, by)).groups.map(({ key }) => key);
  expect(await keys("day")).toEqual(["2026-01-30", "2026-01-31", "2026-02-01"]);
  expect(await keys("actor")).toEqual(["agent:b", "agent:a"]);
});

test("a session and another stream of its name are two groups", async () => {
  const { groups } = await auditGroups(await threeDays(), {}, "session");
  expect(groups.map(({ key, events }) => [key, events])).toEqual([
    ["x", 2],
    ["x", 1],
  ]);
});

test("the summary claims only what was read", async () => {
  const log = await threeDays();
  expect((await audited(log, { since: 1 }))[1]).toMatchObject({ verified: { from: 2, to: 3 }, head: 3 });
  expect((await audited(log, {}, 2))[1]).toMatchObject({ verified: { from: 1, to: 2 }, head: 2, events: 2 });
  expect((await audited(log, { since: 3 }))[1]).toMatchObject({ verified: undefined, head: 3, events: 0 });
  expect((await audited(log, { since: 9, until: 99 }))[1]).toMatchObject({ verified: undefined, events: 0 });
  expect((await audited(new MemoryLog()))[1]).toMatchObject({ verified: undefined, head: 0 });
});

test("an unknown session is no empty answer; one without matching events is", async () => {
  const log = await threeDays();
  await expect(audited(log, { sessions: ["nope"] })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(audited(log, { sessions: ["x"] }, 0)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect((await audited(log, { sessions: ["x"], since: 2 }))[0]).toEqual([]);
});

test("an event that was edited ends the audit, also where it does not match", async () => {
  const log = new MemoryLog();
  await log.append({ stream: "session-a", events: [event("a"), event("b"), event("c")] }, ACTOR);
  const events = (await allEvents(log)).map((one) =>
    one.offset === 2 ? new SealedEvent({ ...one, actor: "x" }) : one,
  );
  const edited = {
    tail: () => log.tail(),
    readAll: async function* ({ from = 1 }) {
      yield events.slice(from - 1);
    },
  } as unknown as EventLog;
  await expect(audited(edited, { types: ["c"] })).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset: 2 });
  expect((await audited(edited, { since: 2 }))[0]).toHaveLength(1);
});
