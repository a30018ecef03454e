import { expect, test } from "vitest";
import { SizeTally } from "../../src/inspect/size-tally.js";
import { fc } from "../support/fast-check.js";

const added = fc.array(fc.tuple(fc.stringMatching(/^[a-h]{1,2}$/), fc.integer({ min: 1, max: 50 })), {
  maxLength: 300,
});

function exactly(all: ReadonlyArray<readonly [string, number]>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, size] of all) sums.set(key, (sums.get(key) ?? 0) + size);
  return sums;
}

function tallied(all: ReadonlyArray<readonly [string, number]>, bound?: number): SizeTally<string> {
  const tally = new SizeTally<string>(bound);
  for (const [key, size] of all) tally.add(key, size);
  return tally;
}

test("without a bound every key has its events and its size, the largest first", () => {
  fc.assert(
    fc.property(added, (all) => {
      const tally = tallied(all);
      const sums = exactly(all);
      expect(new Map(tally.largest().map(({ key, size }) => [key, size]))).toEqual(sums);
      expect(tally.largest().map(({ size }) => size)).toEqual([...sums.values()].sort((a, b) => b - a));
      expect(tally.largest().reduce((sum, { events }) => sum + events, 0)).toBe(all.length);
      expect([tally.isExact, tally.missedAtMost]).toEqual([true, 0]);
    }),
  );
});

test("with a bound no size is too large, none lacks more than is said, and whoever is larger than that is there", () => {
  fc.assert(
    fc.property(added, fc.integer({ min: 1, max: 20 }), (all, bound) => {
      const tally = tallied(all, bound);
      const sums = exactly(all);
      const found = new Map(tally.largest().map(({ key, size }) => [key, size]));
      expect(found.size).toBeLessThanOrEqual(2 * bound);
      expect(tally.isExact).toBe(sums.size <= 2 * bound);
      for (const [key, size] of sums) {
        const told = found.get(key);
        if (told === undefined) expect(size).toBeLessThanOrEqual(tally.missedAtMost);
        else expect([told <= size, told >= size - tally.missedAtMost]).toEqual([true, true]);
      }
    }),
    { numRuns: 500 },
  );
});

test("what is forgotten is small: no more than the bound's share of everything", () => {
  fc.assert(
    fc.property(added, fc.integer({ min: 1, max: 10 }), (all, bound) => {
      const whole = all.reduce((sum, [, size]) => sum + size, 0);
      expect(tallied(all, bound).missedAtMost).toBeLessThanOrEqual(whole / bound);
    }),
  );
});

test("names that objects have are keys like any other", () => {
  const names = ["__proto__", "constructor", "", "toString", "\u0000"];
  expect(tallied(names.map((name) => [name, 1])).largest()).toEqual(
    [...names].sort().map((key) => ({ key, events: 1, size: 1 })),
  );
});
