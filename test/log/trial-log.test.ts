import { describe, expect, onTestFinished, test } from "vitest";
import { appendingSuite } from "../../src/conformance/suite.js";
import {
  ACTOR,
  allEvents,
  appendCount,
  countingEntropy,
  event,
  linesOf,
  ManualClock,
} from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { TrialLog, type TrialLogOptions } from "../../src/log/trial-log.js";
import { openLog } from "../../src/open-log.js";
import { openTrial } from "../../src/open-trial.js";
import { SHARED_STORES } from "../support/stores.js";

describe("a trial log keeps the promises of appending and reading", () => {
  appendingSuite(test, { open: async (_name, options) => TrialLog.open(new MemoryLog(), options) });
});

const AT = { now: new ManualClock().now };

/** Three streams, one of which has an append of several events. */
async function filled(log: EventLog): Promise<void> {
  await appendCount(log, "session-a", 3);
  await log.append({ stream: "session-b", events: [event(), event("t", { x: 1 })] }, ACTOR);
  await appendCount(log, "session-a", 1);
}

async function more(log: EventLog): Promise<void> {
  await appendCount(log, "session-b", 2);
  await log.append(
    [
      { stream: "session-a", expectedVersion: 4, events: [event("t", "more")] },
      { stream: "session-c", expectedVersion: 0, events: [event()] },
    ],
    ACTOR,
  );
}

async function over(base: EventLog, options: TrialLogOptions = {}): Promise<TrialLog> {
  const log = await TrialLog.open(base, options);
  onTestFinished(() => log.close());
  return log;
}

test("what is appended on trial gets the offsets, versions and hashes that the log beneath would have given", async () => {
  const [base, real] = [countingEntropy(), countingEntropy()].map((entropy) => new MemoryLog({ ...AT, entropy }));
  for (const log of [base, real]) await filled(log as MemoryLog);
  const before = await linesOf(base as MemoryLog);
  const trial = await over(base as MemoryLog, { ...AT, entropy: countingEntropy(100) });
  await more(trial);
  await more(real as MemoryLog);
  const places = async (log: EventLog) =>
    (await allEvents(log)).map(({ offset, version, stream, type, commit }) => [offset, version, stream, type, commit]);
  expect(await places(trial)).toEqual(await places(real as MemoryLog));
  expect(await linesOf(base as MemoryLog)).toEqual(before);
});

test("reads run from the log beneath into what was appended, whichever bounds they have", async () => {
  const base = new MemoryLog(AT);
  await filled(base);
  const trial = await over(base, AT);
  await more(trial);
  const all = await allEvents(trial);
  const places = (events: typeof all) => events.map(({ offset }) => offset);
  for (let from = -1; from <= 12; from++) {
    for (const to of [0, 3, 6, 7, 9, 10, 99, Number.POSITIVE_INFINITY]) {
      const wanted = all.filter(({ offset }) => offset >= from && offset <= to);
      expect(places(await allEvents(trial, { from, to })), `${from} to ${to}`).toEqual(places(wanted));
    }
  }
  const versions: number[] = [];
  for await (const page of trial.readStream("session-b", { from: 2, toOffset: 8 })) {
    versions.push(...page.map(({ version }) => version));
  }
  expect(versions).toEqual([2, 3, 4]);
  expect((await trial.readLast("session-a", { toOffset: 8 }))?.offset).toBe(6);
  expect((await trial.readLast("session-a"))?.version).toBe(5);
});

test("an append is refused on trial as the log beneath would refuse it", async () => {
  const base = new MemoryLog(AT);
  await filled(base);
  const [first] = await allEvents(base);
  const trial = await over(base, AT);
  const refused = (append: Promise<unknown>) => expect(append).rejects;
  const stream = "session-a";
  await refused(trial.append({ stream, expectedVersion: 3, events: [event()] }, ACTOR)).toMatchObject({
    code: "VERSION_CONFLICT",
    actual: 4,
  });
  const id = first?.id ?? "";
  await refused(trial.append({ stream, events: [event("other", {}, { id })] }, ACTOR)).toMatchObject({
    code: "EVENT_ID_REUSED",
  });
  const same = event("test.counted", { i: 0 }, { id });
  expect(await trial.append({ stream, events: [same] }, ACTOR)).toMatchObject({ repeated: true, firstOffset: 1 });
  expect((await trial.tail()).offset).toBe(6);
});

test("whatever else would change the log is refused, and the sidecar's writing stays here", async () => {
  const base = new MemoryLog(AT);
  await filled(base);
  await base.sidecar.write("snapshots/a", "beneath");
  const trial = await over(base, AT);
  for (const act of [() => trial.appendSealed(), () => trial.truncateAfter()]) {
    await expect(act()).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
  }
  await trial.sidecar.remove("snapshots/a");
  await trial.sidecar.write("snapshots/b", "here");
  expect(await trial.sidecar.read("snapshots/a")).toBeNull();
  expect(await trial.sidecar.list("snapshots/")).toEqual(["snapshots/b"]);
  expect(await base.sidecar.list("")).toEqual(["snapshots/a"]);
  expect(await base.sidecar.read("snapshots/a")).toBe("beneath");
});

test("what is more than memory should hold is refused, and what was appended before stays", async () => {
  const trial = await over(new MemoryLog(AT), { ...AT, maxChars: 100 });
  await trial.append({ stream: "session-a", events: [event("t", "x".repeat(200))] }, ACTOR);
  await expect(appendCount(trial, "session-a", 1)).rejects.toMatchObject({ code: "TRIAL_TOO_LARGE" });
  expect((await trial.tail()).offset).toBe(1);
});

test.each(SHARED_STORES)("on a log on %s that has moved, a trial is refused as an append is", async (_name, fresh) => {
  const url = await fresh();
  const log = await openLog(url);
  onTestFinished(() => log.close());
  await filled(log);
  const trial = await openTrial(url);
  onTestFinished(() => trial.close());
  await log.freeze?.("jsonl:/elsewhere.jsonl");
  const error = { code: "LOG_MOVED", movedTo: "jsonl:/elsewhere.jsonl" };
  await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(error);
  await expect(appendCount(trial, "session-a", 1)).rejects.toMatchObject(error);
  expect((await trial.tail()).offset).toBe(6);
});
