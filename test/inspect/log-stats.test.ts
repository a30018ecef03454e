import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, event, ManualClock } from "../../src/conformance/target.js";
import { type AmountsBy, logStats } from "../../src/inspect/log-stats.js";
import { EventColumns } from "../../src/inspect/timeline/event-columns.js";
import { sizes } from "../../src/inspect/timeline/sizes.js";
import { SealedEvent, storedDataHash } from "../../src/log/event.js";
import { encodeLine } from "../../src/log/event-line.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";
import { filters, isMeant, mixedLog, mixedLogs } from "./mixed-logs.js";

const bytesOf = (events: readonly SealedEvent[]) =>
  events.reduce((sum, one) => sum + Buffer.byteLength(encodeLine(one)), 0);

/** The items of a list, as a look at every event gives them. */
function grouped(events: readonly SealedEvent[], keyOf: (one: SealedEvent) => string) {
  const keys = [...new Set(events.map(keyOf))];
  const items = keys.map((key) => {
    const ofKey = events.filter((one) => keyOf(one) === key);
    return { key, events: ofKey.length, bytes: bytesOf(ofKey) };
  });
  return items.sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
}

function whole({ items, others }: AmountsBy) {
  return {
    events: items.reduce((sum, one) => sum + one.events, others.events),
    bytes: items.reduce((sum, one) => sum + one.bytes, others.bytes),
  };
}

test("whatever the log, the filter and the point, figures are those of a look at every event", async () => {
  await fc.assert(
    fc.asyncProperty(
      mixedLogs,
      filters,
      fc.nat(4),
      fc.integer({ min: 3, max: 20 }),
      async (plan, filter, top, head) => {
        const log = await mixedLog(plan);
        const meant = (await allEvents(log)).filter((one) => one.offset <= head && isMeant(filter, one));
        const stats = await logStats(log, filter, { head, top });
        expect(stats).toMatchObject({ events: meant.length, bytes: bytesOf(meant), redacted: 0 });
        expect(stats.first?.offset).toBe(meant[0]?.offset);
        expect(stats.last?.offset).toBe(meant.at(-1)?.offset);
        const payload = meant.map((one) => Buffer.byteLength(`${one.dataText}${one.metaText}`));
        expect(stats.dataBytes).toBe(payload.reduce((sum, one) => sum + one, 0));
        for (const [by, keyOf] of [
          [stats.types, (one: SealedEvent) => one.type],
          [stats.streams, (one: SealedEvent) => one.stream],
          [stats.categories, (one: SealedEvent) => one.stream.replace(/-.*/su, "")],
        ] as const) {
          const all = grouped(meant, keyOf);
          expect(by).toMatchObject({ items: all.slice(0, top), keys: all.length, exact: true, lacksAtMost: 0 });
          expect(whole(by)).toEqual({ events: stats.events, bytes: stats.bytes });
        }
      },
    ),
    { numRuns: 100 },
  );
});

describe.each(SHARED_STORES)("%s", (_name, fresh) => {
  test("has as many bytes as the same log has as a JSONL file, whatever was in it", async () => {
    const log = await openLog(await fresh());
    await log.append({ stream: "session-é🚀", events: [event(), event()] }, { actor: 'q"\\uote' });
    await log.append({ stream: "nodash", events: [{ type: "x", data: { big: "ü\u2028".repeat(70_000) } }] }, ACTOR);
    await log.append({ stream: "session-b", events: [event()] }, ACTOR);
    const path = join(tempDir(), "same.jsonl");
    const copy = await openLog(`jsonl:${path}`);
    await copy.appendSealed(await allEvents(log));
    const stats = await logStats(log);
    expect(stats.bytes).toBe(statSync(path).size);
    expect(stats).toEqual(await logStats(copy));
    expect(stats.categories.items.map(({ key }) => key).sort()).toEqual(["nodash", "session"]);
    await log.close();
    await copy.close();
  });
});

test("an empty log, and an empty part of one, have no figures and are no error", async () => {
  const log = new MemoryLog();
  const nothing = { events: 0, bytes: 0, first: null, last: null, days: [], growth: [] };
  expect(await logStats(log)).toMatchObject({ ...nothing, head: 0, types: { items: [], keys: 0 } });
  await log.append({ stream: "a", events: [event()] }, ACTOR);
  expect(await logStats(log, {}, { head: 0 })).toMatchObject({ ...nothing, head: 0 });
  expect(await logStats(log, { since: 9 })).toMatchObject({ ...nothing, head: 1 });
});

test("events whose data was erased count with what is left of them", async () => {
  const log = new MemoryLog();
  await log.append({ stream: "a", events: [{ type: "x", data: { secret: "x".repeat(500) } }] }, ACTOR);
  const [whole] = (await allEvents(log)) as [SealedEvent];
  const erased = new SealedEvent({ ...whole, dataText: null, salt: null, dataHash: storedDataHash(whole) });
  const other = new MemoryLog();
  await other.appendSealed([erased]);
  const stats = await logStats(other);
  expect(stats).toMatchObject({ events: 1, redacted: 1, bytes: bytesOf([erased]) });
  expect((await logStats(log)).bytes).toBeGreaterThan(stats.bytes + 300);
});

async function logOn(times: readonly string[]): Promise<MemoryLog> {
  const clock = new ManualClock();
  const log = new MemoryLog({ now: clock.now });
  for (const time of times) {
    clock.set(time);
    await log.append({ stream: "session-x", events: [event()] }, ACTOR);
  }
  return log;
}

test("days are UTC days, and growth looks back from the last event, over days without events too", async () => {
  const log = await logOn([
    "2026-01-01T12:00:00.000Z",
    "2026-01-30T23:59:59.999Z",
    "2026-01-31T00:00:00.000Z",
    "2026-02-10T12:00:00.000Z",
  ]);
  const { days, growth, bytes } = await logStats(log);
  expect(days.map(({ day, events }) => [day, events])).toEqual([
    ["2026-01-01", 1],
    ["2026-01-30", 1],
    ["2026-01-31", 1],
    ["2026-02-10", 1],
  ]);
  expect(growth.map((one) => [one.days, one.events, one.eventsPerDay])).toEqual([
    [7, 1, 0.14],
    [30, 3, 0.1],
    [41, 4, 0.1],
  ]);
  expect(growth.at(-1)).toMatchObject({ bytes, bytesPerDay: Math.round(bytes / 41) });
});

test("of a log of many days the newest 366 are told one by one, and nothing is missing from the others", async () => {
  const begin = Date.parse("2020-01-01T12:00:00.000Z");
  const times = Array.from({ length: 400 }, (_, i) => new Date(begin + i * 86_400_000).toISOString());
  const stats = await logStats(await logOn(times));
  expect(stats.days).toHaveLength(366);
  expect(stats.days.at(-1)?.day).toBe(times.at(-1)?.slice(0, 10));
  expect(stats.earlier.events).toBe(34);
  expect(stats.earlier.bytes + stats.days.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(stats.bytes);
  expect(stats.growth.map(({ days, events }) => [days, events])).toEqual([
    [7, 7],
    [30, 30],
    [365, 365],
    [400, 400],
  ]);
});

test("the page and the command count the same events of each type and day", async () => {
  await fc.assert(
    fc.asyncProperty(mixedLogs, async (plan) => {
      const log = await mixedLog(plan);
      const columns = new EventColumns();
      for (const one of await allEvents(log)) columns.add(one);
      const page = sizes(columns);
      const stats = await logStats(log);
      const counts = (list: ReadonlyArray<{ key: string; events: number }>) =>
        new Map(list.map(({ key, events }) => [key, events]));
      expect(counts(page.types.map(({ type: key, events }) => ({ key, events })))).toEqual(counts(stats.types.items));
      expect(page.days.map(({ day, events }) => [day, events])).toEqual(
        stats.days.map(({ day, events }) => [day, events]),
      );
      for (const day of page.days) expect(day.byType.reduce((sum, one) => sum + one, 0)).toBe(day.chars);
    }),
    { numRuns: 50 },
  );
});

test("an event that was recorded at no time is an error that names it", async () => {
  const path = join(tempDir(), "s.jsonl");
  const log = await openLog(`jsonl:${path}`);
  await log.append({ stream: "a", events: [event(), event()] }, ACTOR);
  await log.close();
  const [one, two] = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, `${one?.replace(/"recordedAt":"....-..-../, '"recordedAt":"2026-99-99')}\n${two}\n`);
  const damaged = await openLog(`jsonl:${path}`);
  await expect(logStats(damaged)).rejects.toMatchObject({ code: "EVENT_DAMAGED", offset: 1 });
  await damaged.close();
});

test("a number of items that is none is refused before anything is read", async () => {
  const log = new MemoryLog();
  for (const top of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(logStats(log, {}, { top })).rejects.toThrow(TypeError);
  }
  await expect(logStats(log, { sessions: ["nobody"] })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});
