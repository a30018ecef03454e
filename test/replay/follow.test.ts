import { describe, expect, test } from "vitest";
import { appendCount } from "../../src/conformance/target.js";
import { IntegrityError } from "../../src/errors.js";
import { SealedEvent } from "../../src/log/event.js";
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

describe("a log that is cut back while somebody follows", () => {
  const cutTo = async (log: MemoryLog, offset: number) => log.truncateAfter(offset, await log.tail());

  /** Follows from the start; `act` is done when all is caught up for the first time. */
  async function failureAfter(log: MemoryLog, act: () => Promise<unknown>): Promise<unknown> {
    let acted: Promise<unknown> | undefined;
    const onCaughtUp = () => {
      acted ??= act();
    };
    try {
      for await (const _page of follow(log, { pollMs: 1, onCaughtUp }));
    } catch (error) {
      await acted;
      return error;
    }
    return undefined;
  }

  test("is noticed while the follower waits", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 5);
    expect(await failureAfter(log, () => cutTo(log, 3))).toMatchObject({ code: "LOG_CUT_BACK", offset: 5 });
  });

  test.each([1, 2, 3])("is noticed also where it has grown again by %i", async (grown) => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 5);
    const rewrite = async () => {
      await cutTo(log, 3);
      await appendCount(log, "session-b", grown);
    };
    expect(await failureAfter(log, rewrite)).toMatchObject({ code: "LOG_CUT_BACK", offset: 5 });
  });

  test("in the middle of a read: what was not given yet is read as it is now", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 2500);
    const readAll = log.readAll.bind(log);
    let cut = false;
    log.readAll = async function* (range) {
      for await (const page of readAll(range)) {
        if (page[0]?.offset === 2001 && !cut) {
          cut = true;
          await cutTo(log, 2200);
          await appendCount(log, "session-b", 10);
          throw new IntegrityError("EVENTS_MISSING", "as a backend says it");
        }
        yield page;
      }
    };
    const seen = await followed(log, 2210, {}, async () => undefined);
    expect(seen).toEqual(Array.from({ length: 2210 }, (_, i) => i + 1));
  });

  test("in the middle of a read, behind what was given: noticed", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 2500);
    const pages = follow(log, { pollMs: 1 });
    await pages.next();
    await cutTo(log, 500);
    const rest = async () => {
      for await (const page of pages) expect(page.at(-1)?.offset).toBeLessThanOrEqual(2500);
    };
    await expect(rest()).rejects.toMatchObject({ code: "LOG_CUT_BACK" });
  });

  test("is noticed by the hash of the last event, where nobody followed meanwhile", async () => {
    const log = new MemoryLog();
    await appendCount(log, "session-a", 5);
    const { hash } = await log.tail();
    await cutTo(log, 3);
    await appendCount(log, "session-b", 4);
    await expect(follow(log, { after: 5, afterHash: hash }).next()).rejects.toMatchObject({ code: "LOG_CUT_BACK" });
    await expect(follow(log, { after: 8 }).next()).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
    await expect(follow(log, { after: -1 }).next()).rejects.toThrow(TypeError);
  });
});

test("an event that does not fit the one before it is a broken chain, not a cut", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 5);
  const readAll = log.readAll.bind(log);
  log.readAll = async function* (range) {
    for await (const page of readAll(range)) {
      yield page.map((one) => (one.offset === 4 ? new SealedEvent({ ...one, actor: "user:mallory" }) : one));
    }
  };
  await expect(follow(log).next()).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset: 4 });
});
