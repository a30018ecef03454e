import { expect, test } from "vitest";
import { RecentMap } from "../../src/web-session/recent-map.js";
import { fc } from "../support/fast-check.js";

const key = fc.integer({ min: 0, max: 9 });
const act = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, weight: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ kind: fc.constant("get" as const), key }),
  fc.record({ kind: fc.constant("delete" as const), key }),
);

test("law: what it gives is what was set last, and all of it weighs no more than it may", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const map = new RecentMap<number, { weight: number }>(40, ({ weight }) => weight);
      const last = new Map<number, { weight: number }>();
      for (const one of acts) {
        if (one.kind === "delete") {
          map.delete(one.key);
          last.delete(one.key);
        } else if (one.kind === "set") {
          const value = { weight: one.weight };
          map.set(one.key, value);
          last.set(one.key, value);
        } else {
          expect([undefined, last.get(one.key)]).toContain(map.get(one.key));
        }
      }
      const kept = [...last].filter(([name, value]) => map.get(name) === value);
      // Asking moves entries into the younger half; what is there then is there at once.
      expect(
        kept.filter(([name]) => map.get(name) !== undefined).reduce((sum, [, { weight }]) => sum + weight, 0),
      ).toBeLessThanOrEqual(40);
    }),
    { numRuns: 500 },
  );
});

test("what was set or asked for lately is kept, what is too heavy is not", () => {
  const map = new RecentMap<number, number>(10, (weight) => weight);
  map.set(1, 2);
  map.set(2, 2);
  map.set(3, 2);
  expect(map.get(1)).toBe(2);
  map.set(4, 2);
  expect([map.get(1), map.get(4)]).toEqual([2, 2]);
  map.set(5, 6);
  expect(map.get(5)).toBeUndefined();
  for (let key = 10; key < 1000; key++) {
    map.set(key, 1);
    expect([map.get(1), map.get(key)]).toEqual([2, 1]);
  }
});
