import {
  appendFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, eventually, linesOf } from "../../src/conformance/target.js";
import { FileLock } from "../../src/files/file-lock.js";
import { encodeLine } from "../../src/log/event-line.js";
import { fixedEntropy, freshPath, offsetsOf, open } from "./jsonl-fixture.js";

test("a path without a file is an empty log, and only the first append makes it", async () => {
  const path = freshPath();
  const log = await open(path);
  expect((await log.tail()).offset).toBe(0);
  expect(await allEvents(log)).toEqual([]);
  expect(existsSync(path)).toBe(false);
  await appendCount(log, "session-a", 1);
  expect(existsSync(path)).toBe(true);
  await expect(open(freshPath(), { mustExist: true })).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
});

test("files are private, and folders that were made too", async () => {
  const path = join(dirname(freshPath()), "new", "deeper", "s.jsonl");
  const log = await open(path);
  await appendCount(log, "session-a", 1);
  await log.sidecar.write("snapshots/a", "x");
  const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);
  expect([path, `${path}.lock`, `${path}.manifest.json`].map(mode)).toEqual(["600", "600", "600"]);
  expect([dirname(path), dirname(dirname(path)), `${path}.sidecar`].map(mode)).toEqual(["700", "700", "700"]);
});

test("another handle sees a file that was made after it was opened", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path, { entropy: fixedEntropy(100) })];
  await appendCount(one, "session-a", 1);
  expect((await two.tail()).offset).toBe(1);
  await appendCount(two, "session-a", 1);
  expect(offsetsOf(await allEvents(one))).toEqual([1, 2]);
});

test("appends of two handles interleave without a gap, and both read the same", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      (i % 2 === 0 ? one : two).append({ stream: `session-${i % 5}`, events: [event(), event()] }, ACTOR),
    ),
  );
  expect(offsetsOf(await allEvents(one))).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  expect(await linesOf(two)).toEqual(await linesOf(one));
});

test("who waits longer for the lock than the limit gets LOG_LOCKED, and nothing was written", async () => {
  const path = freshPath();
  const log = await open(path, { lockTimeoutMs: 50 });
  await appendCount(log, "session-a", 1);
  const other = new FileLock(`${path}.lock`, 1000);
  await other.hold(async () => {
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({
      code: "LOG_LOCKED",
      hint: expect.any(String),
    });
    expect((await log.tail()).offset).toBe(1);
  });
  other.close();
  await appendCount(log, "session-a", 1);
});

test("a log that was replaced or removed while it is open is refused, for writing and for reading its tail", async () => {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 2);
  const bytes = readFileSync(path);
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
  await expect(log.tail()).rejects.toMatchObject({ code: "LOG_REPLACED", hint: expect.any(String) });
  await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({ code: "LOG_REPLACED" });
  rmSync(path);
  await expect(log.tail()).rejects.toMatchObject({ code: "LOG_REPLACED" });
  await expect(allEvents(log)).rejects.toMatchObject({ code: "LOG_REPLACED" });
});

test("the lock file may vanish: two writers never hold two different ones", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await appendCount(one, "session-a", 1);
  rmSync(`${path}.lock`);
  await Promise.all([appendCount(one, "session-a", 20), appendCount(two, "session-a", 20)]);
  expect(offsetsOf(await allEvents(one))).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
});

test("through a symbolic link it is the same log with the same lock", async () => {
  const path = freshPath();
  const link = join(dirname(freshPath()), "link.jsonl");
  const one = await open(path);
  await appendCount(one, "session-a", 1);
  symlinkSync(path, link);
  const two = await open(link);
  await Promise.all([appendCount(one, "session-a", 20), appendCount(two, "session-a", 20)]);
  expect(offsetsOf(await allEvents(two))).toHaveLength(41);
  expect(existsSync(`${link}.lock`)).toBe(false);
});

test("under a second name, which has another lock, nothing is written, and without it everything again", async () => {
  const path = freshPath();
  const second = join(dirname(freshPath()), "second.jsonl");
  const one = await open(path);
  await appendCount(one, "session-a", 2);
  linkSync(path, second);
  const two = await open(second);
  const writes = [
    () => appendCount(one, "session-a", 1),
    () => appendCount(two, "session-a", 1),
    async () => two.truncateAfter(1, await two.tail()),
    async () => one.freeze?.("sqlite:elsewhere.db"),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: "LOG_LINKED" });
  expect(await linesOf(two)).toEqual(await linesOf(one));
  rmSync(second);
  await appendCount(one, "session-a", 1);
  expect(offsetsOf(await allEvents(one))).toEqual([1, 2, 3]);
});

test("another handle that cut the log and appended as many bytes again is noticed", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await appendCount(one, "session-a", 3);
  expect((await two.tail()).offset).toBe(3);
  await appendCount(two, "session-b", 1);
  const size = statSync(path).size;
  await one.truncateAfter(2, await one.tail());
  await one.append({ stream: "session-a", events: [event("test.counted", { i: 9 })] }, ACTOR);
  await one.append({ stream: "session-b", events: [event("test.counted", { i: 0 })] }, ACTOR);
  expect(statSync(path).size).toBe(size);
  expect(await two.tail()).toEqual(await one.tail());
  await two.append({ stream: "session-a", expectedVersion: 3, events: [event()] }, ACTOR);
  expect(await linesOf(two)).toEqual(await linesOf(one));
});

test("a read that is under way when the log is cut back fails instead of ending early", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await one.append(
    { stream: "session-a", events: Array.from({ length: 9000 }, (_, i) => event("t", { i, text: "x".repeat(100) })) },
    ACTOR,
  );
  for (const pages of [two.readAll(), two.readStream("session-a")]) {
    await pages.next();
    await one.truncateAfter(1500, await one.tail());
    await expect(drain(pages)).rejects.toMatchObject({ code: expect.any(String) });
    await one.append(
      {
        stream: "session-a",
        events: Array.from({ length: 7500 }, (_, i) => event("t", { other: i, text: "y".repeat(90) })),
      },
      ACTOR,
    );
  }
});

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _page of pages);
}

test("the bell rings for lines that another program appends", async () => {
  const path = freshPath();
  const log = await open(path, { pollMs: 20 });
  const source = await open(freshPath());
  await appendCount(source, "session-a", 2);
  const events = await allEvents(source);
  await log.appendSealed(events.slice(0, 1));
  let rings = 0;
  const stop = log.onAppended(() => rings++);
  appendFileSync(path, encodeLine(events[1] as (typeof events)[0]));
  await eventually("a ring", () => rings > 0);
  expect((await log.tail()).offset).toBe(2);
  stop();
});

test("closing in the middle of a read ends it with LOG_CLOSED, and no descriptor stays open", async () => {
  const path = freshPath();
  const log = await open(path);
  const events = Array.from({ length: 3000 }, (_, i) => event("t", { i }));
  await log.append({ stream: "session-a", events }, ACTOR);
  const pages = log.readAll();
  const reads = [pages.next(), log.close(), pages.next()];
  const settled = await Promise.allSettled(reads);
  const codes = settled.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []));
  expect(codes).toEqual(["LOG_CLOSED"]);
  await expect(log.readAll().next()).rejects.toMatchObject({ code: "LOG_CLOSED" });
  await eventually("no open descriptor", () => !openFiles().some((name) => name.startsWith(path)));
});

/** What this process has open, where the system tells. */
function openFiles(): string[] {
  if (!existsSync("/proc/self/fd")) return [];
  return readdirSync("/proc/self/fd").map((fd) => readlinkOrNothing(`/proc/self/fd/${fd}`));
}

function readlinkOrNothing(name: string): string {
  try {
    return readlinkSync(name);
  } catch {
    return ""; // closed meanwhile
  }
}
