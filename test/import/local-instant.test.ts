import { describe, expect, test } from "vitest";
import { isoOf } from "../../src/import/instant.js";
import { localInstantOf } from "../../src/import/local-instant.js";

function read(text: string, zone: string): string | undefined {
  const instant = localInstantOf(text, zone);
  return instant === undefined ? undefined : isoOf(instant);
}

describe("a time without a zone", () => {
  test.each([
    ["2026-07-01 12:00:00", "UTC", "2026-07-01T12:00:00.000Z"],
    ["2026-07-01 12:00:00.123456", "Europe/Berlin", "2026-07-01T10:00:00.123456Z"],
    ["2026-01-01 12:00:00", "Europe/Berlin", "2026-01-01T11:00:00.000Z"],
    ["2026-01-01 12:00:00", "Asia/Kolkata", "2026-01-01T06:30:00.000Z"],
    ["2026-03-08 01:59:59", "America/New_York", "2026-03-08T06:59:59.000Z"],
    ["2026-03-08 04:00:00", "America/New_York", "2026-03-08T08:00:00.000Z"],
    ["2026-03-29 03:00:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
    ["2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z"], // it came twice
    ["2026-10-25 03:00:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"],
    ["2026-07-01", "Europe/Berlin", undefined],
    ["never", "Europe/Berlin", undefined],
  ])("%s in %s", (text, zone, expected) => expect(read(text, zone)).toBe(expected));
});

test.each([
  ["2026-07-01 12:00:00+00", "2026-07-01T12:00:00.000Z"],
  ["2026-07-01T12:00:00Z", "2026-07-01T12:00:00.000Z"],
  ["2026-07-01 12:00:00-05:30", "2026-07-01T17:30:00.000Z"],
])("%s has a zone, and keeps it", (text, expected) => expect(read(text, "Asia/Tokyo")).toBe(expected));
