import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applyPatch,
  applyPatchTo,
  isPlainPatch,
  type JsonObject,
  type PatchOp,
  patchSchema,
} from "../../projections/json-patch.js";

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
