import { expect, test } from "vitest";
import { changesBetween, dottedPath } from "../../src/inspect/changes.js";

test("objects are compared member by member, arrays as one value", () => {
  const before = { a: 1, b: { c: true, d: [1, 2] }, gone: "x", same: [{ y: 1 }] };
  const after = { a: 2, b: { c: false, d: [1, 2, 3] }, came: { e: null }, same: [{ y: 1 }] };
  expect(changesBetween(before, after)).toEqual([
    { path: "/a", before: 1, after: 2 },
    { path: "/b/c", before: true, after: false },
    { path: "/b/d", before: [1, 2], after: [1, 2, 3] },
    { path: "/gone", before: "x", after: undefined },
    { path: "/came/e", before: undefined, after: null },
  ]);
});

test("null, false and absent are three things", () => {
  expect(changesBetween({ a: null }, { a: false })).toHaveLength(1);
  expect(changesBetween({ a: null }, {})).toEqual([{ path: "/a", before: null, after: undefined }]);
  expect(changesBetween({ a: {} }, {})).toEqual([{ path: "/a", before: {}, after: undefined }]);
});

test("keys of the prototype chain are ordinary keys", () => {
  const after = JSON.parse('{"__proto__":{"x":1},"constructor":2}');
  expect(changesBetween({}, after).map(({ path }) => path)).toEqual(["/__proto__/x", "/constructor"]);
});

test("paths read with dots, odd keys in quotes", () => {
  expect(["/prState/exists", "/a~1b/c.d", "/"].map(dottedPath)).toEqual(["prState.exists", 'a/b."c.d"', '""']);
});
