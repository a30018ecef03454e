import { expect, test } from "vitest";
import { textPart } from "../../src/mcp/text-part.js";
import { fc } from "../support/fast-check.js";

const texts = fc.string({ unit: fc.constantFrom("a", '"', "\u0001", "\u{1f600}", "\ud800", "é"), maxLength: 400 });

test("the parts of a text give the text, none is longer than it may be, and none ends inside a pair", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 12, max: 100 }), (whole, budget) => {
      let together = "";
      for (let from: number | undefined = 0; from !== undefined; ) {
        const { text, next_from }: ReturnType<typeof textPart> = textPart(whole, from, budget);
        expect(JSON.stringify(text).length - 2).toBeLessThanOrEqual(budget);
        expect(text === "" && next_from !== undefined).toBe(false);
        const cut = next_from ?? whole.length;
        expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(whole.slice(cut - 1, cut + 1))).toBe(false);
        together += text;
        from = next_from;
      }
      expect(together).toBe(whole);
    }),
  );
});

test("a part that begins behind the end of its text is empty, and the last one", () => {
  expect(textPart("abc", 7, 100)).toEqual({ text: "" });
});
