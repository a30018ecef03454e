import { expect, test } from "vitest";
import { appendCount, ManualClock } from "../../src/conformance/target.js";
import { resolvePoint } from "../../src/inspect/point.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";

const NOW = new Date("2026-02-01T12:00:00.000Z");

async function sixEvents(): Promise<MemoryLog> {
  const clock = new ManualClock();
  const log = new MemoryLog({ now: clock.now });
  for (const hour of ["06", "07", "08", "09", "10", "11"]) {
    clock.set(`2026-02-01T${hour}:00:00.000Z`);
    await appendCount(log, Number(hour) % 2 === 0 ? "session-a" : "session-b", 1);
  }
  return log;
}

test.each([
  ["0", 0],
  ["4", 4],
  ["HEAD", 6],
  ["head~2", 4],
  ["v2", 3],
  ["2026-02-01T08:30:00Z", 3],
  ["2026-02-01T09:30:00+01:00", 3],
  ["90m", 5],
  ["2h", 5],
])("%s is offset %i", async (text, offset) => {
  const point = await resolvePoint(await sixEvents(), text, { stream: "session-a", now: NOW });
  expect(point).toMatchObject({ text, offset });
});

test("a date alone is local midnight", async () => {
  const log = await sixEvents();
  const point = await resolvePoint(log, "2026-02-02", { now: NOW });
  expect(point.meaning).toBe(`as of ${new Date(2026, 1, 2).toISOString()}`);
});

test.each([
  ["7", "POINT_OUTSIDE"],
  ["HEAD~7", "POINT_OUTSIDE"],
  ["v9", "POINT_OUTSIDE"],
  ["2026-01-01T00:00:00Z", "POINT_OUTSIDE"],
  ["yesterdayish", "POINT_INVALID"],
  ["-1", "POINT_INVALID"],
  ["2026-13-45", "POINT_INVALID"],
  ["", "POINT_INVALID"],
])("%s is refused as %s", async (text, code) => {
  const context = { stream: "session-a", now: NOW };
  await expect(resolvePoint(await sixEvents(), text, context)).rejects.toMatchObject({ code });
});

test("a version without a session is refused", async () => {
  await expect(resolvePoint(await sixEvents(), "v1", { now: NOW })).rejects.toMatchObject({ code: "POINT_INVALID" });
});
