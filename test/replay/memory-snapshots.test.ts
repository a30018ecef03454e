import { expect, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { foldFresh } from "../../src/replay/fold-log.js";
import { MemorySnapshots } from "../../src/replay/memory-snapshots.js";
import { fc } from "../support/fast-check.js";

interface Trail {
  places: { offset: number }[];
  last: { [key: string]: { offset: number } };
}

/** Changes its document in place at every depth. */
const trails = defineProjection<Trail>({
  name: "trails",
  revision: 1,
  idOf: (stream) => (stream.startsWith("trail-") ? stream.slice("trail-".length) : undefined),
  evolve: (document, { offset, type }) => {
    if (type === "trail.ended") return null;
    const trail: Trail = document ?? { places: [], last: JSON.parse('{"__proto__":{"offset":0}}') };
    trail.places.push({ offset });
    const [first] = trail.places;
    if (first !== undefined && offset % 3 === 0) first.offset = offset;
    for (const value of Object.values(trail.last)) value.offset = offset;
    return trail;
  },
  fields: {},
});

const IDS = ["a", "b", "__proto__", "constructor"];
const PER_APPEND = 500;

/** Appends of 500 events, so that there are snapshots between them. */
async function fill(log: EventLog, appends: readonly [number, boolean][]): Promise<void> {
  for (const [id, ends] of appends) {
    const events = Array.from({ length: PER_APPEND }, (_, i) => ({ type: "trail.walked", data: i }));
    if (ends) events.splice(PER_APPEND - 3, 1, { type: "trail.ended", data: 0 });
    await log.append({ stream: `trail-${IDS[id]}`, events }, { actor: "a" });
  }
}

const appends = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 24 });

test("law: the state at any offset, in any order, is that of a fold from the first event", async () => {
  const runs = fc.asyncProperty(appends, fc.array(fc.nat(12_000), { maxLength: 8 }), async (history, places) => {
    const log = new MemoryLog();
    await fill(log, history);
    const snapshots = new MemorySnapshots(log, trails);
    const { offset: end } = await log.tail();
    for (const place of [...places, end]) {
      const offset = Math.min(place, end);
      expect(await snapshots.stateAt(offset)).toEqual(await foldFresh(log, trails, offset));
    }
  });
  await fc.assert(runs, { numRuns: 30 });
}, 60_000);

test("what was handed out stays as it is, and cannot be changed", async () => {
  const log = new MemoryLog();
  await fill(
    log,
    Array.from({ length: 12 }, (_, i) => [i % 2, false]),
  );
  const snapshots = new MemorySnapshots(log, trails);
  const kept = await snapshots.stateAt(3_000);
  const text = JSON.stringify([...kept.documents]);
  await fill(log, [[0, false]]);
  await snapshots.stateAt(6_500);
  await snapshots.stateAt(3_100);
  expect(JSON.stringify([...kept.documents])).toBe(text);
  expect(() => kept.documents.get("a")?.places.push({ offset: 1 })).toThrow(TypeError);
  kept.documents.clear();
  expect((await snapshots.stateAt(3_000)).documents.size).toBe(2);
});

test("a log that was cut back and has grown again is read anew", async () => {
  const log = new MemoryLog();
  await fill(
    log,
    Array.from({ length: 10 }, () => [0, false]),
  );
  const snapshots = new MemorySnapshots(log, trails);
  await snapshots.stateAt(5_000);
  await log.truncateAfter(1_000, await log.tail());
  await fill(
    log,
    Array.from({ length: 10 }, () => [1, false]),
  );
  for (const offset of [6_000, 4_100, 900]) {
    expect(await snapshots.stateAt(offset)).toEqual(await foldFresh(log, trails, offset));
  }
});
