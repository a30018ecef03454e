import assert from "node:assert/strict";
import { defined } from "../defined.js";
import type { SealedEvent } from "../log/event.js";
import { type EventLog, MAX_PAGE_CHARS, MAX_PAGE_EVENTS, type VersionRange } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL } from "../log/seal.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, rejectsWith } from "./target.js";

export function readCases(define: DefineCase): void {
  define("an empty log has the empty tail and no pages", async ({ log }) => {
    assert.deepEqual(await log.tail(), EMPTY_TAIL);
    assert.deepEqual(await allEvents(log), []);
    assert.deepEqual(await versionsOf(log, "session-a"), []);
    assert.equal(await log.offsetAt(new Date()), 0);
  });

  define("bounds of readAll are inclusive; outside the log there is nothing", async ({ log }) => {
    await appendCount(log, "session-a", 10);
    const offsets = async (from?: number, to?: number) =>
      (await allEvents(log, defined({ from, to }))).map(({ offset }) => offset);
    assert.deepEqual(await offsets(3, 5), [3, 4, 5]);
    assert.deepEqual(await offsets(9), [9, 10]);
    assert.deepEqual(await offsets(undefined, 2), [1, 2]);
    assert.deepEqual(await offsets(0, 1), [1]);
    assert.deepEqual(await offsets(10, 99), [10]);
    assert.deepEqual(await offsets(11), []);
    assert.deepEqual(await offsets(5, 4), []);
  });

  define("a bound that is no whole number is refused, rather than nothing found", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    for (const bound of [Number.NaN, 1.5, "1" as never, null as never]) {
      await rejectsWith("ARGUMENT_INVALID", () => allEvents(log, { from: bound }));
      await rejectsWith("ARGUMENT_INVALID", () => allEvents(log, { to: bound }));
      await rejectsWith("ARGUMENT_INVALID", () => versionsOf(log, "session-a", { toOffset: bound }));
    }
    assert.equal((await allEvents(log, { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY })).length, 2);
  });

  define("a stream that is named by no text, and a limit that is no whole number, are refused", async ({ log }) => {
    await appendCount(log, "undefined", 1);
    for (const stream of [undefined, null, 7, {}, ["undefined"]]) {
      await rejectsWith("ARGUMENT_INVALID", () => versionsOf(log, stream as never));
      await rejectsWith("ARGUMENT_INVALID", () => log.readLast(stream as never));
    }
    for (const toOffset of [Number.NaN, 1.5, "1" as never, null as never]) {
      await rejectsWith("ARGUMENT_INVALID", () => log.readLast("undefined", { toOffset }));
    }
  });

  define("a name that no stream can have is read as a stream without events", async ({ log }) => {
    await appendCount(log, "session-a", 1);
    for (const stream of ["", "session-\0", "session-\n", "session-\ud800"]) {
      assert.deepEqual(await versionsOf(log, stream), []);
      assert.equal(await log.readLast(stream), undefined);
    }
  });

  define("readStream gives one stream by version, and as of an offset", async ({ log }) => {
    for (let i = 0; i < 6; i++) await appendCount(log, i % 2 === 0 ? "session-a" : "session-ab", 1);
    assert.deepEqual(await versionsOf(log, "session-a"), [1, 2, 3]);
    assert.deepEqual(await versionsOf(log, "session-a", { from: 2 }), [2, 3]);
    assert.deepEqual(await versionsOf(log, "session-a", { to: 2 }), [1, 2]);
    assert.deepEqual(await versionsOf(log, "session-a", { toOffset: 4 }), [1, 2]);
    assert.deepEqual(await versionsOf(log, "session-a", { from: 4 }), []);
    assert.deepEqual(await versionsOf(log, "session"), []);
    for await (const one of eventsOf(log.readStream("session-ab"))) assert.equal(one.stream, "session-ab");
  });

  define("the bounds of readStream hold where it is one page long, one event more, and two pages", async ({ log }) => {
    let count = 0;
    for (const more of [MAX_PAGE_EVENTS, 1, MAX_PAGE_EVENTS - 1]) {
      await appendCount(log, "session-b", 1);
      await appendAtOnce(log, more);
      count += more;
      await expectBounds(log, count);
    }
  });

  define("readLast gives the newest event of one stream, now and as of an offset", async ({ log }) => {
    assert.equal(await log.readLast("session-a"), undefined);
    for (let i = 0; i < 6; i++) await appendCount(log, i % 2 === 0 ? "session-a" : "session-ab", 1);
    const last = async (stream: string, toOffset?: number) => {
      const found = await log.readLast(stream, toOffset === undefined ? {} : { toOffset });
      return found === undefined ? undefined : [found.stream, found.version, found.offset];
    };
    assert.deepEqual(await last("session-a"), ["session-a", 3, 5]);
    assert.deepEqual(await last("session-ab"), ["session-ab", 3, 6]);
    assert.deepEqual(await last("session-a", 4), ["session-a", 2, 3]);
    assert.deepEqual(await last("session-a", 3), ["session-a", 2, 3]);
    assert.deepEqual(await last("session-ab", 1), undefined);
    assert.deepEqual(await last("session-ab", Number.POSITIVE_INFINITY), ["session-ab", 3, 6]);
    assert.deepEqual(await last("session-ab", Number.NEGATIVE_INFINITY), undefined);
    assert.deepEqual(await last("session"), undefined);
    const [newest, whole] = [await log.readLast("session-a"), (await allEvents(log))[4]];
    assert.equal(JSON.stringify(newest), JSON.stringify(whole));
  });

  define("readLast gives back the event that the caller has, as long as it is the newest", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const known = await log.readLast("session-a");
    assert.equal(await log.readLast("session-a", { known }), known);
    assert.equal(await log.readLast("session-a", { known, toOffset: 2 }), known);
    assert.equal((await log.readLast("session-a", { known, toOffset: 1 }))?.version, 1);
    assert.equal(await log.readLast("session-b", { known }), undefined);
    await appendCount(log, "session-a", 1);
    assert.equal((await log.readLast("session-a", { known }))?.version, 3);
  });

  define("pages are full but bounded, in number and in size", async ({ log }) => {
    const many = Array.from({ length: MAX_PAGE_EVENTS + 500 }, (_, i) => event("t", { i }));
    await log.append({ stream: "session-a", events: many }, ACTOR);
    const large = Array.from({ length: 3 }, () => event("t", "x".repeat(MAX_PAGE_CHARS / 2 + 1)));
    await log.append({ stream: "session-b", events: large }, ACTOR);
    const pages: (readonly SealedEvent[])[] = [];
    for await (const page of log.readAll()) pages.push(page);
    for (const page of pages) {
      const chars = page.reduce((sum, { dataText, metaText }) => sum + (dataText?.length ?? 0) + metaText.length, 0);
      assert.ok(page.length >= 1 && page.length <= MAX_PAGE_EVENTS);
      assert.ok(page.length === 1 || chars <= MAX_PAGE_CHARS);
    }
    const offsets = pages.flat().map(({ offset }) => offset);
    assert.deepEqual(
      offsets,
      offsets.map((_, i) => i + 1),
    );
    assert.equal(offsets.length, MAX_PAGE_EVENTS + 503);
  });

  define("a read ends at the tail it began with, while others append", async ({ log }) => {
    const many = Array.from({ length: MAX_PAGE_EVENTS + 10 }, (_, i) => event("t", { i }));
    await log.append({ stream: "session-a", events: many }, ACTOR);
    let seen = 0;
    for await (const page of log.readAll()) {
      seen += page.length;
      await appendCount(log, "session-a", 2);
    }
    assert.equal(seen, MAX_PAGE_EVENTS + 10);
  });

  define("a read of a stream ends at the tail it began with, while others append", async ({ log }) => {
    await appendAtOnce(log, MAX_PAGE_EVENTS + 10);
    const versions: number[] = [];
    for await (const page of log.readStream("session-a")) {
      versions.push(...page.map(({ version }) => version));
      await appendCount(log, "session-a", 2);
    }
    assert.equal(versions.length, MAX_PAGE_EVENTS + 10);
  });

  define("what a reader does with an event does not reach the log", async ({ log }) => {
    await log.append({ stream: "session-a", events: [event("t", { list: [1] })] }, ACTOR);
    const first = (await allEvents(log))[0] as SealedEvent;
    (first.data as { list: number[] }).list.push(2);
    assert.deepEqual((await allEvents(log))[0]?.data, { list: [1] });
  });

  define("offsetAt finds the last event at or before a time", async ({ log, clock }) => {
    for (const second of ["01", "01", "03", "03", "05"]) {
      clock.set(`2026-02-01T00:00:${second}.500Z`);
      await appendCount(log, "session-a", 1);
    }
    const at = (text: string) => log.offsetAt(new Date(text));
    assert.equal(await at("2026-02-01T00:00:01.499Z"), 0);
    assert.equal(await at("2026-02-01T00:00:01.500Z"), 2);
    assert.equal(await at("2026-02-01T00:00:02.000Z"), 2);
    assert.equal(await at("2026-02-01T00:00:03.500Z"), 4);
    assert.equal(await at("2030-01-01T00:00:00.000Z"), 5);
    // Years of more than four digits are written with a sign, which comes before every digit.
    assert.equal(await at("+010000-01-01T00:00:00.000Z"), 5);
    assert.equal(await at("-000001-01-01T00:00:00.000Z"), 0);
    for (const none of [new Date(Number.NaN), 0 as never, undefined as never, "2026-02-01" as never]) {
      await rejectsWith("ARGUMENT_INVALID", () => log.offsetAt(none));
    }
  });
}

async function appendAtOnce(log: EventLog, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => event("t", { i }));
  await log.append({ stream: "session-a", events }, ACTOR);
}

/** Of session-a, which has so many events, and of which other streams stand before. */
async function expectBounds(log: EventLog, count: number): Promise<void> {
  const offsets: number[] = [];
  for await (const one of eventsOf(log.readStream("session-a"))) offsets.push(one.offset);
  const all = offsets.map((_, i) => i + 1);
  assert.equal(all.length, count);
  for (const place of [1, 2, MAX_PAGE_EVENTS, MAX_PAGE_EVENTS + 1, count - 1, count, count + 1]) {
    assert.deepEqual(await versionsOf(log, "session-a", { from: place }), all.slice(place - 1));
    assert.deepEqual(await versionsOf(log, "session-a", { to: place }), all.slice(0, place));
    const toOffset = offsets[place - 1] ?? Number.MAX_SAFE_INTEGER;
    assert.deepEqual(await versionsOf(log, "session-a", { toOffset }), all.slice(0, place));
    assert.deepEqual(await versionsOf(log, "session-a", { from: 3, to: place, toOffset }), all.slice(2, place));
  }
}

async function versionsOf(log: EventLog, stream: string, range?: VersionRange): Promise<number[]> {
  const versions: number[] = [];
  for await (const one of eventsOf(log.readStream(stream, range))) versions.push(one.version);
  return versions;
}
