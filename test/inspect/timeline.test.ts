import { describe, expect, test } from "vitest";
import { eventSelector } from "../../src/inspect/event-filter.js";
import { density } from "../../src/inspect/timeline/density.js";
import { EventColumns } from "../../src/inspect/timeline/event-columns.js";
import { facets } from "../../src/inspect/timeline/facets.js";
import { lanes } from "../../src/inspect/timeline/lanes.js";
import { matchingOffsets } from "../../src/inspect/timeline/matching-offsets.js";
import { sessionRows } from "../../src/inspect/timeline/session-rows.js";
import type { SealedEvent } from "../../src/log/event.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { fc } from "../support/fast-check.js";

const TYPES = ["session.created", "session.updated", "x.y"];
const ACTORS = ["user:ada", "agent:a", "agent:b"];
const STREAMS = ["session-a", "session-b", "marks", "session-__proto__"];

const history = fc.array(fc.tuple(fc.constantFrom(...TYPES), fc.constantFrom(...ACTORS), fc.constantFrom(...STREAMS)), {
  maxLength: 60,
});
const filters = fc.record({
  types: fc.subarray([...TYPES, "session.*", "nothing"]),
  actors: fc.subarray([...ACTORS, "agent:?"]),
  sessions: fc.subarray(["a", "b", "__proto__", "nobody"]),
});

async function logOf(events: ReadonlyArray<readonly [string, string, string]>) {
  const log = new MemoryLog();
  for (const [type, actor, stream] of events) await log.append({ stream, events: [{ type, data: {} }] }, { actor });
  const sealed: SealedEvent[] = [];
  for await (const event of eventsOf(log.readAll())) sealed.push(event);
  const columns = new EventColumns();
  for (const event of sealed) columns.add(event);
  return { sealed, columns };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("whatever the history, the filter and the range", () => {
  test("the columns match exactly the events that the filter of the commands matches", async () => {
    await fc.assert(
      fc.asyncProperty(history, filters, fc.nat(70), fc.nat(70), async (events, filter, around, size) => {
        const { sealed, columns } = await logOf(events);
        const expected = sealed.filter(eventSelector(filter)).map(({ offset }) => offset);
        const found = matchingOffsets(columns, filter, { around, before: size, after: size });
        const older = expected.filter((offset) => offset <= around);
        const newer = expected.filter((offset) => offset > around);
        expect(found.offsets).toEqual([...older.slice(Math.max(0, older.length - size)), ...newer.slice(0, size)]);
        expect([found.moreBefore, found.moreAfter]).toEqual([older.length > size, newer.length > size]);
      }),
      { numRuns: 60 },
    );
  });

  test("density, facets, lanes and sessions count the same events, each once", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        filters,
        fc.integer({ min: 1, max: 80 }),
        fc.nat(60),
        async (events, filter, buckets, cut) => {
          const { sealed, columns } = await logOf(events);
          const range = { from: Math.min(cut, events.length) + 1 };
          const inRange = sealed.filter(({ offset }) => offset >= range.from);
          const matching = inRange.filter(eventSelector(filter));
          for (const by of ["type", "actor"] as const) {
            const told = density(columns, filter, { ...range, buckets, by });
            expect([told.matched, told.hidden]).toEqual([matching.length, inRange.length - matching.length]);
            expect(sum(told.buckets.flatMap(({ counts }) => counts))).toBe(matching.length);
            expect(told.buckets.length).toBeLessThanOrEqual(buckets);
          }
          expect(facets(columns, filter, range)).toMatchObject({ matched: matching.length });
          const rows = lanes(columns, filter, { ...range, buckets, limit: 99 });
          expect(sum(rows.lanes.map((lane) => lane.events))).toBe(matching.length);
          expect(rows.lanes.every(({ cells }) => cells.every(({ bucket }) => bucket < buckets))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a session is listed with what it had by then", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(60), async (events, at) => {
        const { sealed, columns } = await logOf(events);
        const { rows, total } = sessionRows(columns, {}, { at, limit: 10 });
        const seen = sealed.filter(({ offset, stream }) => offset <= at && stream.startsWith("session-"));
        expect(total).toBe(new Set(seen.map(({ stream }) => stream)).size);
        for (const { session, events: count, last } of rows) {
          const own = seen.filter(({ stream }) => stream === `session-${session}`);
          expect([count, last]).toEqual([own.length, own.at(-1)?.offset]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

test("more kinds than colours are one group of others, and nothing of them is lost", async () => {
  const kinds = Array.from({ length: 30 }, (_, i) => [`type.${i}`, "user:ada", "session-a"] as const);
  const { columns } = await logOf(kinds);
  const { groups, buckets } = density(columns, {}, { buckets: 3 });
  expect([groups.length, groups.at(-1)]).toEqual([8, null]);
  expect(sum(buckets.flatMap(({ counts }) => counts))).toBe(30);
});

test("a range that is the wrong way round, and counts that are none, are refused", async () => {
  const { columns } = await logOf([]);
  expect(() => density(columns, {}, { from: 3, to: 1 })).toThrow(expect.objectContaining({ code: "RANGE_INVALID" }));
  expect(() => density(columns, {}, { buckets: 0 })).toThrow(TypeError);
  expect(() => density(columns, { types: [""] })).toThrow(expect.objectContaining({ code: "GLOB_INVALID" }));
  expect(density(columns)).toMatchObject({ buckets: [], matched: 0 });
});
