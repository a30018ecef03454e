import { validate, version } from "uuid";
import { afterEach, expect, test, vi } from "vitest";
import { EventIds } from "../../src/log/event-ids.js";
import { RandomPool } from "../../src/log/random-pool.js";

afterEach(() => {
  vi.useRealTimers();
});

test("ids are UUIDs of version 7, each greater than the one before it", () => {
  const ids = made(20_000, new EventIds(new RandomPool()));
  for (const id of ids) expect(validate(id) && version(id) === 7, id).toBe(true);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("they begin with the time in milliseconds", () => {
  vi.useFakeTimers({ now: Date.parse("2026-02-03T04:05:06.789Z") });
  const id = new EventIds(new RandomPool()).next();
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.now());
});

test("they go on where the clock goes back", () => {
  vi.useFakeTimers({ now: Date.parse("2026-02-03T04:05:06.789Z") });
  const ids = new EventIds(new RandomPool());
  const before = made(200, ids);
  vi.setSystemTime(Date.parse("2025-01-01T00:00:00.000Z"));
  const all = [...before, ...made(200, ids)];
  expect(all).toEqual([...new Set(all)].sort());
});

test("ids of two writers in one millisecond differ", () => {
  vi.useFakeTimers();
  const pool = new RandomPool();
  const ids = Array.from({ length: 5_000 }, () => new EventIds(pool).next());
  expect(new Set(ids).size).toBe(ids.length);
});

test("random bytes are given out once, also where the pool is drawn anew", () => {
  const pool = new RandomPool();
  const drawn = Array.from({ length: 2_000 }, (_, i) => {
    pool.byte();
    pool.word();
    return pool.hex(5 + (i % 12));
  });
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const text of drawn) expect(text).toMatch(/^([0-9a-f]{2}){5,16}$/);
});

function made(count: number, ids: EventIds): string[] {
  return Array.from({ length: count }, () => ids.next());
}
