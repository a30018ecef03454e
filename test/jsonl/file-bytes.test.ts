import { readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, linesOf, ManualClock } from "../../src/conformance/target.js";
import { encodeLine } from "../../src/log/event-line.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { fc } from "../support/fast-check.js";
import { fixedEntropy, freshPath, offsetsOf, open } from "./jsonl-fixture.js";

const newEvent = fc.record({ type: fc.constantFrom("a", "ü", 'q"'), data: fc.jsonValue() });
const batch = fc.record({
  stream: fc.constantFrom("session-a", 'session-"é"', "session-🚀"),
  events: fc.array(newEvent, { minLength: 1, maxLength: 4 }),
});

test("the bytes of the file are the lines of its events, whatever was appended and in which groups", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(batch, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (groups) => {
        const path = freshPath();
        const log = await open(path);
        const results = [];
        for (const group of groups)
          results.push(...(await Promise.all(group.map((append) => log.append(append, ACTOR)))));
        const written = results.flatMap(({ events }) => events).sort((a, b) => a.offset - b.offset);
        expect(readFileSync(path, "utf8")).toBe(written.map(encodeLine).join(""));
        expect(await linesOf(log)).toEqual(written.map(encodeLine));
        await log.close();
      },
    ),
    { numRuns: 30 },
  );
});

test("any range, stream and time reads as from the reference backend, by a handle with and without an index", async () => {
  const path = freshPath();
  const clock = new ManualClock();
  const writer = await open(path, { now: clock.now, entropy: fixedEntropy() });
  const memory = new MemoryLog({ now: clock.now, entropy: fixedEntropy() });
  for (let i = 0; i < 120; i++) {
    clock.set(new Date(Date.parse("2026-02-01T00:00:00.000Z") + Math.floor(i / 3) * 1000).toISOString());
    const events = Array.from({ length: 1 + ((i * 7) % 23) }, (_, n) =>
      event("t", { i, n, pad: (i % 9 === 0 ? "é" : "x").repeat((i * n * 13) % 900) }),
    );
    for (const log of [writer, memory]) await log.append({ stream: `session-${i % 7}`, events }, ACTOR);
  }
  const reader = await open(path);
  const last = (await memory.tail()).offset;
  for (const log of [reader, writer]) {
    for (const [from, to] of [
      [1, 1],
      [2, 400],
      [399, 401],
      [last, last],
      [last - 1, last + 9],
      [700, undefined],
      [1001, 1001],
    ] as const) {
      const range = { from, ...(to === undefined ? {} : { to }) };
      expect(offsetsOf(await allEvents(log, range))).toEqual(offsetsOf(await allEvents(memory, range)));
    }
    for (let ms = -500; ms < 45_000; ms += 500) {
      const time = new Date(Date.parse("2026-02-01T00:00:00.000Z") + ms);
      expect(await log.offsetAt(time)).toBe(await memory.offsetAt(time));
    }
  }
  for (const range of [{}, { from: 3, to: 9 }, { toOffset: 777 }, { from: 50, toOffset: 300 }]) {
    const read = async (log: typeof reader | MemoryLog) => {
      const lines: string[] = [];
      for await (const one of eventsOf(log.readStream("session-3", range))) lines.push(encodeLine(one));
      return lines;
    };
    expect(await read(reader)).toEqual(await read(memory));
  }
  expect(await linesOf(reader)).toEqual(await linesOf(memory));
});

test("16 MiB of data and a line of 20 MB are read and appended after", async () => {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 1);
  const text = "x".repeat(16 * 1024 * 1024 - 2);
  await log.append({ stream: "session-a", events: [event("t", text)] }, ACTOR);
  await appendCount(log, "session-a", 1);
  const [, big] = await allEvents(log);
  expect(big?.data === text).toBe(true);
  const again = await open(path);
  expect(offsetsOf(await allEvents(again, { from: 2 }))).toEqual([2, 3]);
  expect(statSync(path).size).toBeGreaterThan(16 * 1024 * 1024);
  await again.append({ stream: "session-a", events: [event("t", text)] }, ACTOR);
  expect(await open(path).then((third) => third.tail())).toEqual(await again.tail());
});

test("a foreign line of 20 MB in the middle is read too", async () => {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 2);
  await log.close();
  const [first, second] = readFileSync(path, "utf8").split("\n") as [string, string];
  const padded = first.replace('"data":', `"data":${" ".repeat(20_000_000 - first.length)}`);
  writeFileSync(path, `${padded}\n${second}\n`);
  const reader = await open(path);
  expect(offsetsOf(await allEvents(reader))).toEqual([1, 2]);
  expect(await reader.offsetAt(new Date())).toBe(2);
});

test("a cut inside an append rewrites its lines, and a second handle goes on from there", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await appendCount(one, "session-a", 8);
  await one.append({ stream: "session-a", events: Array.from({ length: 5 }, (_, i) => event("t", { i })) }, ACTOR);
  expect((await two.tail()).offset).toBe(13);
  await one.truncateAfter(9, await one.tail());
  expect((await allEvents(two)).at(-1)).toMatchObject({ offset: 9, commit: 9 });
  await two.append({ stream: "session-a", expectedVersion: 9, events: [event()] }, ACTOR);
  expect(readFileSync(path, "utf8")).toBe((await linesOf(one)).join(""));
});
