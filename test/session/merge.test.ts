import { expect, test } from "vitest";
import { applyPatch, isSameJson, type JsonObject, patchBetween } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { mergeRecords } from "../../src/session/merge-records.js";
import { fc } from "../support/fast-check.js";
import { nastyFields, withFields } from "./records.js";

test("applying the difference of two documents gives the second, and leaves the first as it was", () => {
  fc.assert(
    fc.property(nastyFields, nastyFields, (a, b) => {
      const before = structuredClone(a);
      const after = applyPatch(a as JsonObject, patchBetween(a as JsonObject, b as JsonObject));
      expect(isSameJson(after, b as JsonObject)).toBe(true);
      expect(isSameJson(a as JsonObject, before as JsonObject)).toBe(true);
      expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
    }),
    { numRuns: 500 },
  );
});

test("a patch that does not fit is refused", () => {
  const document = { a: { b: 1 }, list: [1] };
  expect(() => applyPatch(document, [{ op: "replace", path: "/x", value: 1 }])).toThrow(/nothing at/);
  expect(() => applyPatch(document, [{ op: "remove", path: "/a/c" }])).toThrow(/nothing at/);
  expect(() => applyPatch(document, [{ op: "add", path: "/list/0", value: 1 }])).toThrow(/no object/);
  expect(() => applyPatch(document, [{ op: "add", path: "a", value: 1 }])).toThrow(/JSON Pointer/);
  expect(() => applyPatch(document, [{ op: "remove", path: "/toString" }])).toThrow(/nothing at/);
});

test("a long array that differs is one value in the patch", () => {
  const patch = patchBetween({ list: Array(50_000).fill(1), same: [{}] }, { list: Array(50_000).fill(2), same: [{}] });
  expect(patch.map(({ op, path }) => [op, path])).toEqual([["replace", "/list"]]);
});

const stored = nastyFields.map((fields) => withFields("s", fields) as StoredRecord);

test("a merge on the state that was read gives what was written; without changes, the present state", () => {
  fc.assert(
    fc.property(stored, stored, stored, (base, next, current) => {
      expect(isSameJson(mergeRecords(base, next, base), next)).toBe(true);
      expect(isSameJson(mergeRecords(base, base, current), current)).toBe(true);
    }),
  );
});

test("changes of different members, also inside one object, are both kept", () => {
  const base = { session: "s", prState: { exists: true, branchName: "a" }, status: "ACTIVE" };
  const mine = { session: "s", prState: { exists: false, branchName: "a" }, status: "ACTIVE" };
  const theirs = { session: "s", prState: { exists: true, branchName: "b" }, note: null };
  expect(mergeRecords(base, mine, theirs)).toEqual({
    session: "s",
    prState: { exists: false, branchName: "b" },
    note: null,
  });
});
