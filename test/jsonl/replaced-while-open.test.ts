import { renameSync } from "node:fs";
import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount } from "../../src/conformance/target.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import type { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPath, offsetsOf, open, openNoticed } from "./jsonl-fixture.js";

/** Calls; from `arm` to `disarm` somebody else does something after the k-th read. */
class Meanwhile {
  struck = false;
  readonly calls: FileCalls;
  readonly #k: number;
  #left = Number.POSITIVE_INFINITY;

  constructor(k: number, act: () => Promise<unknown>) {
    this.#k = k;
    const read: FileCalls["read"] = async (...args) => {
      const count = await SYSTEM_FILE_CALLS.read(...args);
      if (--this.#left !== 0) return count;
      this.struck = true;
      await act();
      return count;
    };
    this.calls = { ...SYSTEM_FILE_CALLS, read };
  }

  arm(): void {
    this.#left = this.#k;
  }

  /** What reads under the lock would wait for the other's lock for ever. */
  disarm(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }
}

async function redactLast(log: JsonlLog): Promise<void> {
  const { firstOffset } = await log.append({ stream: "notes-x", events: [{ type: "note", data: "x" }] }, ACTOR);
  await log.redact({ offsets: [firstOffset] }, ACTOR);
}

async function assertWorks(log: JsonlLog, tail: number): Promise<void> {
  expect((await log.tail()).offset).toBe(tail);
  await appendCount(log, "session-b", 1);
  expect(offsetsOf(await allEvents(log))).toEqual(Array.from({ length: tail + 1 }, (_, i) => i + 1));
  expect(await verifyLog(log)).toMatchObject({ ok: true });
}

/** Once for each read into which the redaction of another handle, `one`, can fall. */
async function atEachRead(round: (path: string, one: JsonlLog, meanwhile: Meanwhile) => Promise<void>): Promise<void> {
  let struck = 0;
  for (let k = 1; k === struck + 1; k++) {
    const path = freshPath();
    const one = await open(path);
    await appendCount(one, "session-a", 3);
    const meanwhile = new Meanwhile(k, () => redactLast(one));
    await round(path, one, meanwhile);
    if (meanwhile.struck) struck++;
  }
  expect(struck).toBeGreaterThan(2);
}

test("a redaction while a handle looks at what the redaction before it has written does not end that handle", async () => {
  await atEachRead(async (path, one, meanwhile) => {
    const two = await open(path, { calls: meanwhile.calls });
    await redactLast(one);
    meanwhile.arm();
    await two.tail();
    meanwhile.disarm();
    await assertWorks(two, meanwhile.struck ? 7 : 5);
  });
});

test("a log is opened while another handle redacts it, at whichever read that falls", async () => {
  await atEachRead(async (path, _, meanwhile) => {
    meanwhile.arm();
    const { log: two, notices } = await openNoticed(path, { calls: meanwhile.calls });
    meanwhile.disarm();
    await assertWorks(two, meanwhile.struck ? 5 : 3);
    expect(notices).toEqual([]);
  });
});

test("a handle that was open before another one cut the log back, and redacted it then, goes on", async () => {
  const path = freshPath();
  const [one, two] = [await open(path), await open(path)];
  await appendCount(one, "session-a", 10);
  expect((await two.tail()).offset).toBe(10);
  await one.truncateAfter(6, await one.tail());
  await one.redact({ offsets: [2] }, ACTOR);
  await assertWorks(two, 7);
  await assertWorks(one, 8);
});

test("one that knows an empty log follows whatever was written and redacted since", async () => {
  const path = freshPath();
  const one = await open(path);
  await appendCount(one, "session-a", 1);
  await one.truncateAfter(0, await one.tail());
  const two = await open(path);
  expect((await two.tail()).offset).toBe(0);
  await redactLast(one);
  await assertWorks(two, 2);
});

test("another log in the place of one that was cut back is refused as ever", async () => {
  const [path, other] = [freshPath(), freshPath()];
  const [one, two, foreign] = [await open(path), await open(path), await open(other)];
  for (const log of [one, foreign]) await appendCount(log, "session-a", 10);
  expect((await two.tail()).offset).toBe(10);
  await one.truncateAfter(6, await one.tail());
  await foreign.redact({ offsets: [1] }, ACTOR);
  renameSync(other, path);
  for (const log of [one, two]) await expect(log.tail()).rejects.toMatchObject({ code: "LOG_REPLACED" });
});
