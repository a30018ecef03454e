import { expect, onTestFinished, test, vi } from "vitest";
import {
  applyPatch,
  applyPatchTo,
  isPlainPatch,
  type JsonObject,
  type PatchOp,
  patchSchema,
} from "../../projections/json-patch.js";
import { assignFields } from "../../src/session/assign-fields.js";
import { fc } from "../support/fast-check.js";

const key = fc.constantFrom("a", "b", "__proto__", "constructor", "", "a/b", "~");
const document = fc.dictionary(key, fc.oneof(fc.integer(), fc.dictionary(key, fc.integer())), {
  noNullPrototype: true,
});
const path = fc.constantFrom(
  "/a",
  "/b",
  "/__proto__",
  "/constructor",
  "/",
  "/a~1b",
  "/~0",
  "/a/b",
  "/a/__proto__",
  "",
  "a",
);
const op = fc.oneof(
  fc.record({
    op: fc.constantFrom("add" as const, "replace" as const),
    path,
    value: fc.oneof(fc.integer(), fc.constant({ x: 1 })),
  }),
  fc.record({ op: fc.constant("remove" as const), path }),
);
const patch = fc.array(op, { maxLength: 4 });

/** The result as text, with keys that an assignment would lose; or the failure. */
function outcome(act: () => JsonObject): string {
  try {
    return JSON.stringify(Object.entries(act()).sort(([a], [b]) => (a < b ? -1 : 1)));
  } catch (error) {
    return (error as Error).message;
  }
}

test("law: a patch in place gives what a patch on a copy gives, and changes nothing where it does not fit", () => {
  fc.assert(
    fc.property(document, patch, (before, ops) => {
      const own = structuredClone(before) as JsonObject;
      const expected = outcome(() => applyPatch(before as JsonObject, ops as PatchOp[]));
      expect(outcome(() => applyPatchTo(own, ops as PatchOp[]))).toBe(expected);
      if (!expected.startsWith("[")) expect(own).toEqual(before);
    }),
    { numRuns: 2_000 },
  );
});

test("law: what is taken as a plain patch is one by its schema", () => {
  const almost = fc.array(
    fc.oneof(
      op,
      fc.record({ op: fc.constantFrom("add", "move", "remove", 1), path: fc.oneof(path, fc.integer()) }),
      fc.anything(),
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(fc.oneof(almost, fc.anything()), (value) => {
      if (isPlainPatch(value)) expect(patchSchema.safeParse(value).success).toBe(true);
    }),
    { numRuns: 2_000 },
  );
  expect(isPlainPatch([{ op: "replace", path: "/a", value: 1 }])).toBe(true);
});

test("a patch of many operations copies each object once, and neither the document nor the patch changes", () => {
  const before: JsonObject = { a: 0, inner: { x: 0 } };
  const patch: PatchOp[] = [
    { op: "add", path: "/added", value: { y: 0 } },
    { op: "remove", path: "/a" },
    ...Array.from({ length: 100 }, (_, i): PatchOp => ({ op: "add", path: `/k${i}`, value: i })),
    ...Array.from({ length: 100 }, (_, i): PatchOp => ({ op: "add", path: `/inner/k${i}`, value: i })),
    { op: "replace", path: "/added/y", value: 1 },
  ];
  const [beforeText, patchText] = [JSON.stringify(before), JSON.stringify(patch)];
  const defined = vi.spyOn(Object, "defineProperty");
  onTestFinished(() => void defined.mockRestore());
  const after = applyPatch(before, patch);
  const copies = new Set(defined.mock.calls.map(([target]) => target));
  defined.mockRestore();
  expect(copies.size).toBe(3);
  expect(after).toMatchObject({ k0: 0, k99: 99, inner: { x: 0, k99: 99 }, added: { y: 1 } });
  expect(Object.keys(after)).toHaveLength(102);
  expect([JSON.stringify(before), JSON.stringify(patch)]).toEqual([beforeText, patchText]);
});

test("many assignments copy each object once", () => {
  const record = { a: 0, inner: { x: 0 } };
  const made = vi.spyOn(Object, "fromEntries");
  onTestFinished(() => void made.mockRestore());
  const many = Array.from({ length: 100 }, (_, i) => ({ path: ["inner", `k${i}`], value: i }));
  const after = assignFields(record, [...many, { path: ["__proto__"], value: 1 }, { path: ["a"], value: undefined }]);
  expect(made.mock.calls.length).toBe(2);
  expect(after).toMatchObject({ inner: { x: 0, k0: 0, k99: 99 } });
  expect([Object.keys(after), Object.hasOwn(after, "__proto__")]).toEqual([["inner", "__proto__"], true]);
  expect(record).toEqual({ a: 0, inner: { x: 0 } });
});
