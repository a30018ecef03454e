import { expect, test } from "vitest";
import { type Share, Shares } from "../../src/log/shares.js";
import { fc } from "../support/fast-check.js";

test("law: each offset is in one share, whoever takes how many from which end", () => {
  const input = fc.record({
    from: fc.integer({ min: 1, max: 1000 }),
    events: fc.integer({ min: 1, max: 500 }),
    count: fc.integer({ min: 1, max: 20 }),
    turns: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
  });
  fc.assert(
    fc.property(input, ({ from, events, count, turns }) => {
      const one = Shares.of({ from, to: from + events - 1 }, Math.min(count, events));
      const other = new Shares(structuredClone(one.message));
      const [front, back]: Share[][] = [[], []];
      for (const isOne of turns) {
        const share = isOne ? one.first() : other.last();
        if (share !== undefined) (isOne ? front : back)?.push(share);
      }
      expect([one.first(), other.last()]).toEqual([undefined, undefined]);
      const all = [...(front ?? []), ...(back ?? []).reverse()];
      const offsets = all.flatMap((share) =>
        Array.from({ length: share.to - share.from + 1 }, (_, i) => share.from + i),
      );
      expect(offsets).toEqual(Array.from({ length: events }, (_, i) => from + i));
    }),
  );
});
