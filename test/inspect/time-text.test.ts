import { afterEach, describe, expect, test } from "vitest";
import { readTime } from "../../src/inspect/time-text.js";

const ZONE = process.env.TZ;
afterEach(() => {
  if (ZONE === undefined) delete process.env.TZ;
  else process.env.TZ = ZONE;
});

function inZone(zone: string, text: string, now = "2026-07-15T12:00:00.000Z"): string | undefined {
  process.env.TZ = zone;
  return readTime(text, new Date(now))?.toISOString();
}

test.each([
  ["2026-01-31", "2026-01-30T23:00:00.000Z"],
  ["2026-01-31 10:00", "2026-01-31T09:00:00.000Z"],
  ["2026-01-31 10:00:07", "2026-01-31T09:00:07.000Z"],
  ["2026-01-31T10:00:07.25", "2026-01-31T09:00:07.250Z"],
  ["2026-01-31T10:00Z", "2026-01-31T10:00:00.000Z"],
  ["2026-01-31 10:00:00.123456789Z", "2026-01-31T10:00:00.123Z"],
  ["2026-01-31T10:00:00+05:30", "2026-01-31T04:30:00.000Z"],
  ["2026-01-31T10:00:00-0100", "2026-01-31T11:00:00.000Z"],
  ["today", "2026-07-14T22:00:00.000Z"],
  ["today 18:00", "2026-07-15T16:00:00.000Z"],
  ["yesterday", "2026-07-13T22:00:00.000Z"],
  ["yesterday 18:00:30", "2026-07-14T16:00:30.000Z"],
  ["90m", "2026-07-15T10:30:00.000Z"],
  ["2028-02-29 00:00", "2028-02-28T23:00:00.000Z"],
])("in Berlin %s is %s", (text, time) => {
  expect(inZone("Europe/Berlin", text)).toBe(time);
});

test("today and yesterday are those of the zone, across the end of a year too", () => {
  const now = "2026-01-01T03:00:00.000Z";
  expect(inZone("America/New_York", "today", now)).toBe("2025-12-31T05:00:00.000Z");
  expect(inZone("Asia/Tokyo", "yesterday 09:00", now)).toBe("2025-12-31T00:00:00.000Z");
});

test.each([
  "2026-02-30",
  "2026-02-30T10:00Z",
  "2026-13-01",
  "2027-02-29 10:00",
  "2026-00-10",
  "0000-01-01",
  "0050-01-01",
])("%s is no day", (text) => {
  expect(inZone("Europe/Berlin", text)).toBeUndefined();
});

test.each([
  ...["2026-01-31 24:00", "2026-01-31 10:60", "2026-01-31 10:00:60", "2026-01-31T10:00+99:99", "2026-01-31 10"],
  ...[
    "today18:00",
    "today 9:30",
    "tomorrow",
    "Today",
    "yesterday ",
    " today",
    "18:00",
    "2026-1-31",
    "",
    "99999999999w",
  ],
  ...["999999999w", "2026-01-31T10:00:00z", "2026-01-31\n", "2026-01-31  10:00"],
])("%j is no time", (text) => {
  expect(inZone("Europe/Berlin", text)).toBeUndefined();
});

describe("where clocks are put forward and back", () => {
  test("a time that they skip is refused, with a zone it is none of theirs", () => {
    for (const text of ["2026-03-29 02:30", "2026-03-29T02:00:00"]) {
      expect(() => inZone("Europe/Berlin", text)).toThrow(expect.objectContaining({ code: "POINT_INVALID" }));
    }
    expect(inZone("Europe/Berlin", "2026-03-29 03:00")).toBe("2026-03-29T01:00:00.000Z");
    expect(inZone("Europe/Berlin", "2026-03-29 02:30Z")).toBe("2026-03-29T02:30:00.000Z");
    expect(() => inZone("Europe/Berlin", "today 02:30", "2026-03-29T12:00:00Z")).toThrow("clocks");
    // Half an hour, on Lord Howe Island.
    expect(() => inZone("Australia/Lord_Howe", "2026-10-04 02:15")).toThrow("clocks");
  });

  test("of an hour that comes twice the first is taken", () => {
    expect(inZone("Europe/Berlin", "2026-10-25 02:30")).toBe("2026-10-25T00:30:00.000Z");
  });

  test("a day begins when it began, also where midnight was skipped", () => {
    expect(inZone("America/Santiago", "2025-09-07")).toBe("2025-09-07T04:00:00.000Z");
    expect(() => inZone("America/Santiago", "2025-09-07 00:30")).toThrow("clocks");
  });
});
