import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, event, linesOf } from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import { EMPTY_TAIL } from "../../src/log/seal.js";
import { copyEvents } from "../../src/migrate/copy-events.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { freshStore, opened } from "./stores.js";

/** So many that a batch is of several pieces. */
const EVENTS = 6_000;
const KILOBYTE = "x".repeat(1024);

async function longSource(): Promise<EventLog> {
  const source = await opened(await freshStore("sqlite"));
  for (let i = 0; i < EVENTS; i += 500) {
    await source.append(
      { stream: `s${i % 7}`, events: Array.from({ length: 500 }, () => event("t", KILOBYTE)) },
      ACTOR,
    );
  }
  return source;
}

/** The same log, of which each piece that is read is told of first. */
function watched(log: EventLog, onRead: (count: number) => void): EventLog {
  let count = 0;
  return new Proxy(log, {
    get(real, key) {
      const value: unknown = Reflect.get(real, key);
      if (key === "readRaw") onRead(++count);
      return typeof value === "function" ? value.bind(real) : value;
    },
  });
}

async function proxied(): Promise<{ proxy: TcpProxy; url: string; target: EventLog }> {
  const url = await freshPostgresUrl();
  const proxy = await TcpProxy.start(url);
  onTestFinished(() => proxy.close());
  return { proxy, url, target: await opened(proxy.url) };
}

describe("a copy of rows as text", () => {
  test("is the same log, whatever the sizes of appends and batches, and what has to go as events", {
    timeout: 120_000,
  }, async () => {
    const append = fc.record({ events: fc.integer({ min: 1, max: 400 }), redacts: fc.boolean() });
    const batchEvents = fc.option(fc.integer({ min: 1, max: 1500 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { minLength: 1, maxLength: 8 }), batchEvents, async (appends, batch) => {
        const [source, target] = [await opened(await freshStore("sqlite")), await opened(await freshPostgresUrl())];
        for (const { events, redacts } of appends) {
          const list = Array.from({ length: events }, (_, i) => event("t", "x".repeat(i)));
          await source.append({ stream: "a", events: list }, ACTOR);
          if (redacts) await source.redact?.({ offsets: [(await source.tail()).offset] }, ACTOR);
        }
        const tail = await source.tail();
        expect(await copyEvents(source, target, EMPTY_TAIL, tail.offset, { batchEvents: batch })).toEqual(tail);
        expect(await linesOf(target)).toEqual(await linesOf(source));
      }),
      { numRuns: 12 },
    );
  });

  test("is stored batch by batch, each of many pieces", async () => {
    const [source, target] = [await longSource(), await opened(await freshPostgresUrl())];
    const reached: number[] = [];
    let pieces = 0;
    const counted = watched(source, () => pieces++);
    const onBatch = ({ offset }: { offset: number }) => reached.push(offset);
    await copyEvents(counted, target, EMPTY_TAIL, EVENTS, { batchEvents: 2_500, onBatch });
    expect(reached).toEqual([2_500, 5_000, EVENTS]);
    expect(pieces).toBeGreaterThan(2 * reached.length);
    expect(await linesOf(target)).toEqual(await linesOf(source));
  });

  test("whose source fails in the middle of a batch tells that error, writes none of the batch, and can be done again", async () => {
    const [source, target] = [await longSource(), await opened(await freshPostgresUrl())];
    const failure = new Error("the disk of the source");
    const failing = watched(source, (count) => {
      if (count === 2) throw failure;
    });
    await expect(copyEvents(failing, target, EMPTY_TAIL, EVENTS)).rejects.toBe(failure);
    expect((await target.tail()).offset).toBe(0);
    await copyEvents(source, target, EMPTY_TAIL, EVENTS);
    expect(await linesOf(target)).toEqual(await linesOf(source));
  });

  test("that is stopped in the middle of a batch ends with the batch before", async () => {
    const [source, target] = [await longSource(), await opened(await freshPostgresUrl())];
    const stop = new AbortController();
    const reached: number[] = [];
    let isSecond = false;
    const stopping = watched(source, () => {
      if (isSecond) stop.abort();
    });
    const onBatch = ({ offset }: { offset: number }) => {
      reached.push(offset);
      isSecond = true;
    };
    const options = { batchEvents: 3_000, onBatch, signal: stop.signal };
    await expect(copyEvents(stopping, target, EMPTY_TAIL, EVENTS, options)).rejects.toMatchObject({
      name: "AbortError",
    });
    expect([(await target.tail()).offset]).toEqual(reached);
  });

  test("whose source was changed between two pieces of a batch is refused, and none of it is written", async () => {
    const [source, other] = [await longSource(), await longSource()];
    const target = await opened(await freshPostgresUrl());
    const mixed = new Proxy(source, {
      get(real, key) {
        if (key !== "readRaw") return Reflect.get(real, key);
        return (from: number, to: number, atLeast: number) =>
          (from > 1_000 ? other : real).readRaw?.(from, to, atLeast);
      },
    });
    await expect(copyEvents(mixed, target, EMPTY_TAIL, EVENTS)).rejects.toMatchObject({ code: "CHAIN_BREAK" });
    expect((await target.tail()).offset).toBe(0);
  });

  test.each(["cut", "half"] as const)(
    "goes on after a connection that is lost in the middle of a batch (%s)",
    async (how) => {
      const [source, { proxy, url, target }] = [await longSource(), await proxied()];
      let pieces = 0;
      proxy.decide = (piece) => (piece.includes("user:test") && ++pieces === 5 ? how : "pass");
      await copyEvents(source, target, EMPTY_TAIL, EVENTS);
      expect(proxy.cuts).toBe(1);
      expect(await linesOf(await opened(url))).toEqual(await linesOf(source));
    },
  );

  test("does not write twice what was committed when the connection was lost", async () => {
    const [source, { proxy, url, target }] = [await longSource(), await proxied()];
    proxy.decide = (piece) => (proxy.cuts === 0 && piece.includes("COMMIT\0") ? "cut" : "pass");
    const reached: number[] = [];
    const onBatch = ({ offset }: { offset: number }) => reached.push(offset);
    await copyEvents(source, target, EMPTY_TAIL, EVENTS, { batchEvents: 3_000, onBatch });
    expect(proxy.cuts).toBe(1);
    expect(reached).toEqual([3_000, EVENTS]);
    expect(await linesOf(await opened(url))).toEqual(await linesOf(source));
  });
});
