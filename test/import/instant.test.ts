import { expect, test } from "vitest";
import { instantOf, isoOf } from "../../src/import/instant.js";

function read(value: string | number): string | undefined {
  const instant = instantOf(value);
  return instant === undefined ? undefined : isoOf(instant);
}

test.each([
  [1_700_000_000, "2023-11-14T22:13:20.000Z"],
  [1_700_000_000.25, "2023-11-14T22:13:20.250Z"],
  // Less than half a millisecond before the next second.
  [1_700_000_000.9997, "2023-11-14T22:13:21.000Z"],
  [1_700_000_000_999.7, "2023-11-14T22:13:21.000Z"],
  [-0.25, "1969-12-31T23:59:59.750Z"],
  [-0.0001, "1970-01-01T00:00:00.000Z"],
  [1_700_000_000_123_456, "2023-11-14T22:13:20.123456Z"],
])("%d since 1970 is %s", (value, expected) => expect(read(value)).toBe(expected));

test.each([
  ["1700000000123456", "2023-11-14T22:13:20.123456Z"],
  ["1700000000123456789", undefined],
])("digits alone are seconds, milliseconds or microseconds: %s", (text, expected) => expect(read(text)).toBe(expected));

test.each([
  // The time that Go and .NET have where there is none.
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ["0099-12-31 23:59:59.5", "0099-12-31T23:59:59.500Z"],
  ["0004-02-29 00:00", "0004-02-29T00:00:00.000Z"],
  ["0100-02-29 00:00", undefined],
  ["0001-02-29 00:00", undefined],
])("the first hundred years are not those behind 1900: %s", (text, expected) => expect(read(text)).toBe(expected));
