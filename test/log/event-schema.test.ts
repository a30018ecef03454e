import { expect, test } from "vitest";
import { canonicalText } from "../../src/log/canonical.js";
import { SealedEvent } from "../../src/log/event.js";
import { fc } from "../support/fast-check.js";

const key = fc.oneof(fc.constantFrom("schema", '"schema":7', ',"schema', "a", "\\"), fc.string({ unit: "grapheme" }));
const value = fc.oneof(
  fc.constantFrom('{"schema":2}', ',"schema":3,', '"'),
  fc.string({ unit: "grapheme" }),
  fc.nat(),
  fc.boolean(),
);
const flat = fc.tuple(fc.dictionary(key, value), fc.option(fc.nat(), { nil: undefined }));

test("law: the schema that is read without parsing meta is the one that stands in it, whatever else does", () => {
  const seen = fc.property(flat, ([others, schema]) => {
    const { schema: _, ...rest } = others;
    const meta = schema === undefined ? rest : { ...rest, schema };
    const event = new SealedEvent({ ...SOME, metaText: canonicalText(meta) });
    expect(event.schema).toBe(schema ?? 1);
  });
  fc.assert(seen, { numRuns: 500 });
});

const SOME = {
  offset: 1,
  commit: 1,
  version: 1,
  recordedAt: "2026-01-31T10:00:00.000Z",
  id: "0190a000-0000-7000-8000-000000000001",
  stream: "session-a",
  type: "t",
  actor: "a",
  dataText: "{}",
  salt: "0".repeat(32),
  dataHash: null,
  hash: "0".repeat(64),
};
