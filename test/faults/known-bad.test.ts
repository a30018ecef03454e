import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR } from "../../src/conformance/target.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { SealedEvent } from "../../src/log/event.js";
import type { AppendResult, EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import type { AppendOptions, StreamAppend } from "../../src/log/prepare.js";
import { openLog } from "../../src/open-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { judgeOutbox } from "./judge-outbox.js";
import { judgeMixed } from "./mixed-acts.js";
import { judge } from "./oracle.js";
import { appendStubbornly, type Said } from "./trial-append.js";
import { upperBound95 } from "./upper-bound.js";
import { writerEventId } from "./writer-event.js";

type Append = (log: MemoryLog, batch: StreamAppend, options: AppendOptions) => Promise<AppendResult>;

const GOOD: Append = (log, batch, options) => log.append(batch, options);

/** A log with one flaw: in the way in which it appends, or in what it reads. */
function flawed(append: Append, read: (events: SealedEvent[]) => SealedEvent[] = (events) => events): EventLog {
  const log = new MemoryLog();
  return new Proxy(log, {
    get: (target, name) => {
      if (name === "append") return (batch: StreamAppend, options: AppendOptions) => append(log, batch, options);
      if (name === "readAll") return () => pagesOf(log, read);
      if (name === "close") return async () => undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function* pagesOf(log: MemoryLog, read: (events: SealedEvent[]) => SealedEvent[]) {
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readAll())) events.push(event);
  yield read(events);
}

/** What the harness says of 60 appends to it. */
async function judged(log: EventLog) {
  const said: Said[] = [];
  await appendStubbornly(
    async () => log,
    { writer: 1, from: 1, to: 60 },
    (one) => said.push(one),
  );
  return judge(async () => log, said);
}

/** Calls the act for every n-th append only. */
function everyNth(n: number, act: Append): Append {
  let count = 0;
  return (log, batch, options) => (++count % n === 0 ? act : GOOD)(log, batch, options);
}

async function acknowledgedOnly(log: MemoryLog, batch: StreamAppend, options: AppendOptions): Promise<AppendResult> {
  const elsewhere = new MemoryLog();
  for await (const page of log.readAll()) await elsewhere.appendSealed(page);
  return elsewhere.append(batch, options);
}

async function appendedTwice(log: MemoryLog, batch: StreamAppend, options: AppendOptions): Promise<AppendResult> {
  await log.append({ ...batch, events: batch.events.map(({ type, data }) => ({ type, data })) }, options);
  return log.append(batch, options);
}

async function halfWritten(log: MemoryLog, batch: StreamAppend, options: AppendOptions): Promise<AppendResult> {
  await log.append({ ...batch, events: batch.events.slice(1) }, options);
  throw Object.assign(new Error("half"), { code: "HALF", hint: "none" });
}

describe("a store that breaks its promises is caught", () => {
  test("one that keeps them is not", async () => {
    expect(await judged(flawed(GOOD))).toEqual({ acknowledged: 150, lost: [], doubled: [], wrong: [] });
  });

  test("one that acknowledges every 50th append and does not write it", async () => {
    expect((await judged(flawed(everyNth(50, acknowledgedOnly)))).lost).toEqual(["1/50/0", "1/50/1", "1/50/2"]);
  });

  test("one that writes every 20th append twice, with ids of its own", async () => {
    expect((await judged(flawed(everyNth(20, appendedTwice)))).doubled).toContain("1/20/0");
  });

  test("one that leaves half an append behind", async () => {
    const { wrong } = await judged(flawed(everyNth(7, halfWritten)));
    expect(wrong.join()).toContain("is there without");
  });

  test("one that leaves out an event when it reads", async () => {
    const { wrong, lost } = await judged(flawed(GOOD, (events) => events.toSpliced(30, 1)));
    expect(lost).toHaveLength(1);
    expect(wrong.join()).toContain("stands at place");
  });

  test("one that changes an event when it reads", async () => {
    const change = (event: SealedEvent) => new SealedEvent({ ...event, hash: "0".repeat(64) });
    const { lost } = await judged(flawed(GOOD, (events) => events.with(30, change(events[30] as SealedEvent))));
    expect(lost).toHaveLength(1);
  });

  test("one that fails with an error of the system", async () => {
    const bare: Append = () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
    expect((await judged(flawed(everyNth(9, bare)))).wrong.join()).toContain("a bare EIO");
  });
});

test("a log that loses events or archives, or erases nothing, is caught where acts are mixed", async () => {
  const folder = tempDir();
  const url = `sqlite:${join(folder, "s.db")}`;
  const log = await openLog(url);
  const { events } = await log.append({ stream: "a", events: [1, 2, 3].map((data) => ({ type: "t", data })) }, ACTOR);
  const last = await log.append({ stream: "a", events: [{ type: "t", data: 4 }] }, ACTOR);
  const done = [...events, ...last.events].map(({ offset, hash }) => ({ appended: offset, hash }));
  await archiveBefore(log, "HEAD", join(folder, "a.jsonl.gz"));
  await log.close();
  expect(await judgeMixed(url, folder, done)).toEqual({ acknowledged: 4, lost: [], doubled: [], wrong: [] });
  expect((await judgeMixed(url, folder, [...done, { appended: 9, hash: "x" }])).lost).toEqual(["9"]);
  expect((await judgeMixed(url, folder, [{ erased: [2] }])).wrong).toEqual(["2 is not erased"]);
  rmSync(join(folder, "a.jsonl.gz"));
  expect((await judgeMixed(url, folder, done)).wrong.join()).toContain("the archive up to 3 is not there");
});

test("a server's log that lost, doubled or mixed up what an outbox has taken is caught", async () => {
  const url = await freshPostgresUrl();
  const log = await openLog(url);
  const stored = (i: number, id = writerEventId(1, i)) =>
    log.append({ stream: "a", events: [{ id, type: "t", data: { writer: 1, i } }] }, ACTOR);
  for (const i of [1, 2, 3]) await stored(i);
  const judge = (acknowledged: readonly number[]) => judgeOutbox(url, tempDir(), [acknowledged]);
  expect(await judge([1, 2, 3])).toEqual({ acknowledged: 3, lost: [], doubled: [], wrong: [] });
  expect((await judge([1, 2, 3, 4])).lost).toEqual(["1/4"]);
  await stored(2, writerEventId(9, 2));
  const { doubled, wrong } = await judge([1, 2, 3]);
  expect([doubled, wrong]).toEqual([["1/2"], ["1/2 has another id", "1/2 comes after 3"]]);
  await log.close();
});

test("the bound is the rule of three where nothing failed, and Clopper and Pearson's where something did", () => {
  expect(upperBound95(0, 1000)).toBeCloseTo(0.002991, 5);
  expect(upperBound95(1, 100)).toBeCloseTo(0.0466, 3);
  expect(upperBound95(5, 5)).toBe(1);
});
