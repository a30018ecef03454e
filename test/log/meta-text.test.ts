import { expect, test } from "vitest";
import type { NewEvent } from "../../src/log/event.js";
import { MetaTexts, metaTextOf } from "../../src/log/meta-text.js";
import { fc } from "../support/fast-check.js";

type Meta = NewEvent["meta"];

class Reason {
  reason = "typo";
}

/** Few keys and values, so that neighbours are often alike, and some that are refused. */
const value = fc.constantFrom<unknown>(
  1,
  0,
  -0,
  "typo",
  true,
  null,
  undefined,
  [1],
  { a: 1 },
  Number.NaN,
  1n,
  "\ud800",
);
const plain = fc.dictionary(fc.constantFrom("reason", "schema", "b", "a"), value, { maxKeys: 3 });
const meta = fc.oneof(
  plain,
  plain.map((it) => Object.assign(Object.create(null), it)),
  fc.constantFrom<unknown>(undefined, null, [], "text", new Reason(), { reason: "typo" }),
);

function told(print: () => string): string {
  try {
    return print();
  } catch (error) {
    return String(error);
  }
}

test("metas that are printed one after the other have the texts, and the faults, of each by itself", () => {
  fc.assert(
    fc.property(fc.array(meta, { maxLength: 8 }), (metas) => {
      const texts = new MetaTexts();
      for (const one of metas as Meta[]) expect(told(() => texts.of(one))).toBe(told(() => metaTextOf(one)));
    }),
    { numRuns: 5000 },
  );
});

test("an object of a class is refused also behind a plain one that says the same", () => {
  const texts = new MetaTexts();
  expect(texts.of({ reason: "typo" })).toBe('{"reason":"typo"}');
  expect(() => texts.of(new Reason() as unknown as Meta)).toThrow("a Reason object");
});
