import { encode as pack } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import { PackFault, unpack } from "../../src/import/message-pack.js";
import { nastyJson } from "../session/records.js";
import { fc } from "../support/fast-check.js";

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test("law: what was packed is unpacked as it was", () => {
  fc.assert(
    fc.property(nastyJson, (value) => {
      expect(plain(unpack(pack(value)))).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  0,
  127,
  128,
  255,
  256,
  65535,
  65536,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  -1,
  -32,
  -33,
  -128,
  -129,
  -32769,
  -(2 ** 31) - 1,
])("the number %d", (number) => expect(unpack(pack(number))).toBe(number));

test.each<[string, string, unknown]>([
  ["a number beyond 2^53", "cf0020000000000001", 9007199254740993n],
  ["a negative one", "d38000000000000000", -9223372036854775808n],
  ["a short float", "ca3fc00000", 1.5],
  ["a long text", `db00000002${Buffer.from("ab").toString("hex")}`, "ab"],
  ["a long list", "dd0000000101", [1]],
  ["long bytes", "c60000000101", Uint8Array.of(1)],
])("%s", (_what, hex, expected) => expect(unpack(Buffer.from(hex, "hex"))).toEqual(expected));

test.each<[string, string]>([
  ["nothing", ""],
  ["a text that is cut off", "a361"],
  ["a list that says it has 4 billion values", "ddffffffff01"],
  ["something behind the value", "c0c0"],
  ["an extension", "d40100"],
  ["the form that is never used", "c1"],
  ["a text that is no UTF-8", "a1ff"],
  ["a key that is no text", "810102"],
  ["a key that stands twice", "82a16101a16102"],
  ["a list in a list, a thousand times", `${"91".repeat(1000)}c0`],
])("%s is a fault, told with its place", (_what, hex) => {
  expect(() => unpack(Buffer.from(hex, "hex"))).toThrow(PackFault);
});

test("law: any bytes give a value or a fault", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        unpack(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PackFault);
      }
    }),
    { numRuns: 2000 },
  );
});
