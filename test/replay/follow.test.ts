import { expect, test } from "vitest";
import { appendCount } from "../../src/conformance/target.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { follow } from "../../src/replay/follow.js";

/** Follows until `count` events came, while `act` appends. */
async function followed(log: MemoryLog, count: number, options: object, act: () => Promise<void>): Promise<number[]> {
  const stop = new AbortController();
  const seen: number[] = [];
  const acting = act();
  for await (const page of follow(log, { ...options, signal: stop.signal })) {
    seen.push(...page.map(({ offset }) => offset));
    if (seen.length >= count) stop.abort();
  }
  await acting;
  return seen;
}

test("a follower gets what was there and what comes, once and in order", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 3);
  const seen = await followed(log, 23, {}, () => appendCount(log, "session-b", 20));
  expect(seen).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
});

test("without rings the timer finds the same", async () => {
  const log = new MemoryLog();
  log.onAppended = () => () => undefined;
  const seen = await followed(log, 20, { pollMs: 1 }, () => appendCount(log, "session-b", 20));
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test("a follower goes on behind the offset it has", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 5);
  expect(await followed(log, 2, { after: 3 }, async () => undefined)).toEqual([4, 5]);
});

test("an abort ends a follower that waits", async () => {
  const log = new MemoryLog();
  const stop = new AbortController();
  const pages = follow(log, { signal: stop.signal, pollMs: 60_000 });
  const next = pages.next();
  stop.abort();
  expect((await next).done).toBe(true);
});
