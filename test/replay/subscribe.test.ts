import { describe, expect, onTestFinished, test } from "vitest";
import { appendCount } from "../../src/conformance/target.js";
import { UnavailableError } from "../../src/errors.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { type SubscribeOptions, subscribe } from "../../src/replay/subscribe.js";
import { SHARED_STORES } from "../support/stores.js";
import { spawnWorker } from "../support/worker.js";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

async function offsetsOf(log: EventLog, count: number, options: SubscribeOptions = {}): Promise<number[]> {
  const seen: number[] = [];
  for await (const { offset } of subscribe(log, { pollMs: 5, ...options })) {
    seen.push(offset);
    if (seen.length === count) break;
  }
  return seen;
}

/** The log never rings: only the timer is left. */
function silenced(log: EventLog): EventLog {
  log.onAppended = () => () => undefined;
  return log;
}

describe.each(SHARED_STORES)("%s, moved elsewhere by a cut-over", (_name, fresh) => {
  const movedTo = "sqlite:/tmp/next.db";

  async function opened(): Promise<EventLog> {
    const log = await openLog(await fresh());
    onTestFinished(() => log.close());
    await appendCount(log, "session-a", 3);
    return log;
  }

  test("all there was is handed out, then the iteration ends and names where it goes on", async () => {
    const log = await opened();
    const seen: number[] = [];
    const ended = (async () => {
      for await (const { offset } of subscribe(log, { pollMs: 5 })) {
        seen.push(offset);
        if (offset !== 3) continue;
        await appendCount(log, "session-b", 2);
        await log.freeze?.(movedTo);
      }
    })();
    await expect(ended).rejects.toMatchObject({
      code: "LOG_MOVED",
      movedTo,
      message: expect.stringMatching(/offset 5$/),
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    await expect(offsetsOf(log, 9)).rejects.toMatchObject({ code: "LOG_MOVED", movedTo });
  });

  test("who wants to be told waits for it to come back", async () => {
    const log = await opened();
    await log.freeze?.(movedTo);
    const told: (string | null)[] = [];
    const onMoved = (to: string | null) => {
      told.push(to);
      if (to !== null) void log.thaw?.().then(() => appendCount(log, "session-b", 1));
    };
    expect(await offsetsOf(log, 4, { onMoved })).toEqual([1, 2, 3, 4]);
    expect(told[0]).toBe(movedTo);
  });
});

describe.each(SHARED_STORES)("%s, while three processes append", (_name, fresh) => {
  test.each([
    ["with wake-ups", (log: EventLog) => log],
    ["without any", silenced],
  ])("%s, every event comes once and in order", async (_how, prepared) => {
    const url = await fresh();
    const log = await openLog(url);
    onTestFinished(() => log.close());
    const workers = [1, 2, 3].map((writer) => spawnWorker("appender", [url, `${writer}`, "1", "40"]));
    expect(await offsetsOf(prepared(log), 120)).toEqual(upTo(120));
    for (const worker of workers) expect(await worker.exit).toMatchObject({ code: 0 });
  });
});

describe("a log that cannot be reached", () => {
  /** Fails each tail whose number is in `failing`, counted from 1. */
  function shaky(log: EventLog, failing: (call: number) => boolean): EventLog {
    const tail = log.tail.bind(log);
    let calls = 0;
    log.tail = () => (failing(++calls) ? Promise.reject(new UnavailableError("SERVER_UNREACHABLE", "away")) : tail());
    return log;
  }

  test("is tried again, and nothing is missed or repeated", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 3);
    const retried: string[] = [];
    const onRetry = ({ code }: UnavailableError) => retried.push(code);
    const seen = offsetsOf(
      shaky(log, (call) => call % 2 === 0),
      6,
      { onRetry },
    );
    await appendCount(log, "session-a", 3);
    expect(await seen).toEqual(upTo(6));
    expect(new Set(retried)).toEqual(new Set(["SERVER_UNREACHABLE"]));
  });

  test("for longer than the limit is an error, and never an end", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 3);
    shaky(log, (call) => call > 1);
    await expect(offsetsOf(log, 4, { retryMs: 150 })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(offsetsOf(log, 1, { retryMs: 0 })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  test("is not asked any more after an abort", async () => {
    const stop = new AbortController();
    const log = shaky(new MemoryLog(), () => true);
    const next = subscribe(log, { signal: stop.signal, onRetry: () => stop.abort() }).next();
    expect(await next).toMatchObject({ done: true });
  });
});

test("whoever takes no event holds back the reading", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 5000);
  let read = 0;
  const readAll = log.readAll.bind(log);
  log.readAll = async function* (range) {
    for await (const page of readAll(range)) {
      read += page.length;
      yield page;
    }
  };
  const events = subscribe(log);
  for (let i = 0; i < 10; i++) await events.next();
  expect(read).toBeLessThanOrEqual(1000);
  await events.return();
});
