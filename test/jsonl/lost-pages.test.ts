import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import { freshPath, offsetsOf, open, openNoticed } from "./jsonl-fixture.js";

const SECTOR = 512;

/** Two appends, and behind `whole` bytes a third one of six events over many sectors, which then loses some of them. */
async function lostSectors(isLost: (sector: number) => boolean): Promise<{ path: string; whole: number }> {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 2);
  const whole = readFileSync(path).length;
  const events = Array.from({ length: 6 }, () => event("t", "é ".repeat(1000)));
  await log.append({ stream: "session-b", events }, ACTOR);
  await log.close();
  const bytes = readFileSync(path);
  for (let at = whole; at < bytes.length; ) {
    const next = Math.min(bytes.length, (Math.floor(at / SECTOR) + 1) * SECTOR);
    if (isLost(Math.floor(at / SECTOR))) bytes.fill(0, at, next);
    at = next;
  }
  writeFileSync(path, bytes);
  return { path, whole };
}

test("an append that lost any one of its sectors with the power is moved aside, also where its last line is whole", async () => {
  const sectors = Math.ceil(12_000 / SECTOR);
  for (let lost = 0; lost < sectors; lost++) {
    const first = { is: -1 };
    const { path, whole } = await lostSectors((sector) => {
      if (first.is < 0) first.is = sector;
      return sector === first.is + lost;
    });
    const torn = readFileSync(path).subarray(whole);
    const { log, notices } = await openNoticed(path);
    expect(offsetsOf(await allEvents(log)), `sector ${lost}`).toEqual([1, 2]);
    expect(notices.map(({ code }) => code)).toEqual(["TORN_TAIL_MOVED"]);
    const [saved = ""] = readdirSync(dirname(path)).filter((name) => name.includes(".torn-"));
    expect(readFileSync(`${dirname(path)}/${saved}`).equals(torn)).toBe(true);
    await appendCount(log, "session-a", 1);
    expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3]);
    await log.close();
  }
});

test("a handle that is open meanwhile takes it for torn as well", async () => {
  const { path, whole } = await lostSectors((sector) => sector === 8);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, whole));
  const log = await open(path);
  expect((await log.tail()).offset).toBe(2);
  writeFileSync(path, bytes);
  expect((await log.tail()).offset).toBe(2);
  await appendCount(log, "session-a", 1);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3]);
});

test("a single NUL byte in the last append is damage, and nothing is moved", async () => {
  const { path } = await lostSectors(() => false);
  const bytes = readFileSync(path);
  bytes[bytes.length - 5000] = 0;
  writeFileSync(path, bytes);
  await expect(open(path)).rejects.toMatchObject({ code: "LINE_DAMAGED" });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("a sector of zeros before the last append is damage, and nothing is moved", async () => {
  const { path } = await lostSectors(() => false);
  const log = await open(path, { now: () => new Date("2126-01-01T00:00:00Z") });
  await appendCount(log, "session-c", 1);
  await log.close();
  const bytes = readFileSync(path).fill(0, 6 * SECTOR, 7 * SECTOR);
  writeFileSync(path, bytes);
  const again = await open(path);
  await expect(allEvents(again)).rejects.toMatchObject({ code: "LINE_DAMAGED" });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("more zeros behind the log than any line has bytes are damage, which is told where it begins", async () => {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 2);
  await log.close();
  const { length: whole } = readFileSync(path);
  truncateSync(path, 24 * 1024 * 1024);
  await expect(open(path)).rejects.toMatchObject({ code: "LINE_DAMAGED", line: 3, byte: whole });
  expect(readdirSync(dirname(path)).filter((name) => name.includes(".torn-"))).toEqual([]);
});

test("a long file of one line that is no event is somebody else's", async () => {
  const path = freshPath();
  writeFileSync(path, `{"sessions":["${"x".repeat(24 * 1024 * 1024)}"]}`);
  await expect(open(path)).rejects.toMatchObject({ code: "NOT_A_SESSION_LOG" });
});
