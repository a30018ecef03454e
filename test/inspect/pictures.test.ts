import { describe, expect, test } from "vitest";
import { auditGroups } from "../../src/inspect/audit-groups.js";
import { actorTypes } from "../../src/inspect/timeline/actor-types.js";
import { EventColumns } from "../../src/inspect/timeline/event-columns.js";
import { heat } from "../../src/inspect/timeline/heat.js";
import { MAX_PATHS, PathPlaces } from "../../src/inspect/timeline/path-places.js";
import { PlacesIndex } from "../../src/inspect/timeline/places-index.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";

const ACTORS = ["user:ada", "agent:a", "agent:b"];
const KEYS = ["status", "a.b", "c/d", "__proto__", "~", ""];
const changes = fc.dictionary(
  fc.constantFrom("status", "branch", "nested", "x y", "c/d", "a.b"),
  fc.oneof(fc.constant(null), fc.integer(), fc.record({ in: fc.integer(), deep: fc.constantFrom({ x: 1 }, "text") })),
  { minKeys: 1, maxKeys: 4 },
);
const history = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(...ACTORS), changes), {
  maxLength: 25,
});
const filters = fc.record({
  types: fc.subarray(["session.updated", "session.created", "x.*"]),
  actors: fc.subarray([...ACTORS, "agent:?"]),
});
const patterns = fc.subarray(["nested", "nested.*", "/branch", "*", "nowhere", "nested.deep.x"]);

async function logOf(steps: ReadonlyArray<readonly [string, string, object]>) {
  const log = new MemoryLog();
  const store = new SessionStore(log);
  const made = new Set<string>();
  for (const [session, actor, change] of steps) {
    if (!made.has(session)) await store.create({ session, ...change }, { actor });
    else await store.update(session, change, { actor });
    made.add(session);
    if (made.size === 3)
      await log.append({ stream: "thing", events: [{ type: "x.y", data: { branch: 1 } }] }, { actor });
  }
  return { log, ...(await columnsOf(log)) };
}

async function columnsOf(log: MemoryLog) {
  const columns = new EventColumns();
  for await (const event of eventsOf(log.readAll())) columns.add(event);
  return { columns, places: await new PlacesIndex(log).of(columns).ready };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("whatever the history, the filter and the range", () => {
  test("the heat of every path is what the audit counts for it, and its cells add up to it", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        filters,
        fc.integer({ min: 1, max: 50 }),
        fc.nat(20),
        async (steps, filter, buckets, from) => {
          const { log, columns, places } = await logOf(steps);
          const told = heat(columns, places, filter, { buckets, from, limit: 200 });
          const { groups, summary } = await auditGroups(log, { ...filter, since: Math.max(0, from - 1) }, "path");
          const expected = groups.filter(({ key }) => key !== null);
          const byPath = (a: readonly unknown[], b: readonly unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
          expect(told.rows.map(({ path, events, last }) => [path, events, last]).sort(byPath)).toEqual(
            expected.map(({ key, events, lastOffset }) => [key, events, lastOffset]).sort(byPath),
          );
          expect(told.matched).toBe(summary.events);
          expect(told.pathless).toBe(groups.find(({ key }) => key === null)?.events ?? 0);
          for (const { cells, events } of told.rows) {
            expect(sum(cells.map((cell) => cell.events))).toBe(events);
            expect(cells.every(({ bucket }) => bucket < told.began.length)).toBe(true);
          }
          expect(told.began.length).toBeLessThanOrEqual(buckets);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a condition on paths leaves the rows that the audit leaves", async () => {
    await fc.assert(
      fc.asyncProperty(history, patterns, async (steps, paths) => {
        const { log, columns, places } = await logOf(steps);
        const told = heat(columns, places, {}, { paths, limit: 200 });
        const { groups } = await auditGroups(log, { paths }, "path");
        const counted = groups.filter(({ key }) => key !== null).map(({ key, events }) => [key, events]);
        expect(new Map(told.rows.map(({ path, events }) => [path, events]))).toEqual(
          new Map(counted as [string, number][]),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("rows and columns of the matrix are what the audit counts by actor and by type, in the same order of size", async () => {
    await fc.assert(
      fc.asyncProperty(history, filters, fc.nat(20), async (steps, filter, from) => {
        const { log, columns } = await logOf(steps);
        const told = actorTypes(columns, filter, { from });
        const range = { ...filter, since: Math.max(0, from - 1) };
        for (const side of ["actor", "type"] as const) {
          const { groups } = await auditGroups(log, range, side);
          const sides = told[`${side}s`];
          expect(new Map(sides.map(({ value, events }) => [value, events]))).toEqual(
            new Map(groups.map(({ key, events }) => [key, events])),
          );
          expect(sides.map(({ events }) => events)).toEqual(groups.map(({ events }) => events));
          const cells = sides.map((_side, place) =>
            sum(told.cells.filter((cell) => cell[side] === place).map((cell) => cell.events)),
          );
          expect(cells).toEqual(sides.map(({ events }) => events));
        }
        expect(told.matched + told.hidden).toBe(Math.max(0, columns.count - Math.max(1, from) + 1));
      }),
      { numRuns: 60 },
    );
  });
});

test("more actors and types than are told apart are one row and one column, and nothing is lost", async () => {
  const log = new MemoryLog();
  for (let i = 0; i < 60; i++) {
    const events = Array.from({ length: 1 + (i % 3) }, () => ({ type: `t.${i % 45}`, data: {} }));
    await log.append({ stream: "s", events }, { actor: `agent:${i}` });
  }
  const { columns } = await columnsOf(log);
  const told = actorTypes(columns, {}, {}, 5);
  expect([told.actors.length, told.types.length]).toEqual([6, 6]);
  expect([told.actors.at(-1)?.value, told.types.at(-1)?.value]).toEqual([null, null]);
  expect(sum(told.cells.map(({ events }) => events))).toBe(columns.count);
  expect(sum(told.actors.map(({ events }) => events))).toBe(columns.count);
});

test("keys that mean something elsewhere are paths like all others, and a path that is too long is not told apart", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session: "a", ...Object.fromEntries(KEYS.map((key) => [key, { [key]: 1 }])) });
  await store.update("a", { ["k".repeat(2_000)]: 1, status: { status: 2 } as unknown as string });
  const { columns, places } = await columnsOf(log);
  const told = heat(columns, places);
  const { groups } = await auditGroups(log, {}, "path");
  const short = groups.filter(({ key }) => (key ?? "").length < 1_000);
  expect(new Set(told.rows.map(({ path }) => path))).toEqual(new Set(short.map(({ key }) => key)));
  expect(told.unnamed).toBe(1);
});

test("records whose keys are always others keep the memory bounded: what is beyond is counted, not told apart", {
  timeout: 60_000,
}, async () => {
  const log = new MemoryLog();
  const columns = new EventColumns();
  const places = new PathPlaces();
  const perEvent = 900;
  for (let i = 0; i * perEvent <= MAX_PATHS + perEvent; i++) {
    const record = Object.fromEntries(Array.from({ length: perEvent }, (_, k) => [`key-${i}-${k}`, k]));
    const [event] = [
      { type: "session.created", data: { record: { session: `s${i}`, ...record } }, meta: { schema: 1 } },
    ];
    await log.append({ stream: `session-s${i}`, events: [event] }, { actor: "user:ada" });
  }
  for await (const event of eventsOf(log.readAll())) {
    columns.add(event);
    places.add(event);
  }
  expect(places.paths.texts.length).toBe(MAX_PATHS);
  const told = heat(columns, places);
  expect(told.rows).toHaveLength(24);
  expect(told.others).toBe(MAX_PATHS - 24);
  expect(told.unnamed).toBeGreaterThan(0);
  expect(told.rows[0]).toMatchObject({ path: "/session", events: columns.count });
});
