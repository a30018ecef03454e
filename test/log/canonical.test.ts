import canonicalize from "canonicalize";
import { expect, test } from "vitest";
import { canonicalText } from "../../src/log/canonical.js";
import { fc } from "../support/fast-check.js";

test("the canonical text is that of an independent RFC 8785 library, for any JSON", () => {
  const json = fc.jsonValue({ maxDepth: 6 }).map((value) => value as unknown);
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalText(value)).toBe(canonicalize(value));
    }),
    { numRuns: 2000 },
  );
});

test("keys are sorted by UTF-16 units, also those that V8 enumerates first", () => {
  const value = {
    b: 1,
    "10": 2,
    "9": 3,
    "": 4,
    "😀": 5,
    "\ufb33": 6,
    a: { z: 1, y: [{ d: 1, c: 2 }] },
  };
  expect(canonicalText(value)).toBe('{"":4,"10":2,"9":3,"a":{"y":[{"c":2,"d":1}],"z":1},"b":1,"😀":5,"\ufb33":6}');
});

test("the text of what was read is the text that was written", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalText(value);
      expect(canonicalText(JSON.parse(text))).toBe(text);
    }),
  );
});

test("a refused value is named by its JSON Pointer", () => {
  expect(() => canonicalText({ a: [1, { "b/c~d": Number.NaN }] })).toThrowError(
    expect.objectContaining({ code: "DATA_NOT_JSON", path: "/a/1/b~1c~0d" }),
  );
});

test("__proto__ is a key like any other", () => {
  const value = JSON.parse('{"z":1,"__proto__":{"admin":true}}');
  expect(canonicalText(value)).toBe('{"__proto__":{"admin":true},"z":1}');
});
