import { expect, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import type { EventLog, VersionRange } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { PastLog } from "../../src/replay/past-log.js";
import { StreamStates } from "../../src/replay/stream-states.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";
import { erase } from "./erase.js";

interface Trail {
  steps: Record<string, number>;
}

const trails = defineProjection<Trail>({
  name: "trails",
  revision: 1,
  idOf: (stream) => (stream.startsWith("trail-") ? stream.slice("trail-".length) : undefined),
  evolve: (document, { type, data, version }) => {
    if (type === "trail.ended") return null;
    const trail = document ?? { steps: {} };
    // An event whose data was erased leaves a gap.
    if (data !== null) trail.steps[`${version % 50}`] = data as number;
    return trail;
  },
  fields: {},
});

/** Counts the events that are read of streams. */
class CountingLog extends MemoryLog {
  read = 0;

  override async *readStream(stream: string, range?: VersionRange) {
    for await (const page of super.readStream(stream, range)) {
      this.read += page.length;
      yield page;
    }
  }
}

async function walk(log: EventLog, stream: string, steps: number, first = 0): Promise<void> {
  const events = Array.from({ length: steps }, (_, i) => ({ type: "trail.walked", data: first + i }));
  await log.append({ stream, events }, { actor: "a" });
}

async function freshOf(log: EventLog, stream: string) {
  const { document, version } = await foldStream(log, trails, stream);
  return { document, version };
}

test("a long stream is read once, by the next process from a snapshot on, and a short one as it is", async () => {
  const log = new CountingLog();
  await walk(log, "trail-long", 5_000);
  await walk(log, "trail-short", 20);
  const states = new StreamStates(log);
  const read = async (of: StreamStates, stream: string) => {
    const before = log.read;
    const state = await of.state(trails, stream);
    const events = log.read - before;
    expect(state).toEqual(await freshOf(log, stream));
    return events;
  };
  expect(await read(states, "trail-long")).toBeGreaterThanOrEqual(5_000);
  expect(await read(states, "trail-long")).toBe(1);
  await walk(log, "trail-long", 3, 9_000);
  expect(await read(states, "trail-long")).toBe(4);
  expect(await read(new StreamStates(log), "trail-long")).toBeLessThan(300);
  expect(await read(states, "trail-short")).toBe(20);
  expect(await log.sidecar.list("snapshots/")).toHaveLength(1);
});

test("a state that was handed out stays as it is", async () => {
  const log = new MemoryLog();
  await walk(log, "trail-a", 500);
  const states = new StreamStates(log);
  const before = await states.state(trails, "trail-a");
  const copy = structuredClone(before);
  await walk(log, "trail-a", 100, 5);
  await states.state(trails, "trail-a");
  expect(before).toEqual(copy);
  expect(() => {
    (before.document as Trail).steps.more = 1;
  }).toThrow(TypeError);
});

test("the past keeps no snapshot, and one of the present is none of the past", async () => {
  const log = new MemoryLog();
  await walk(log, "trail-a", 2_000);
  await walk(log, "trail-a", 2_000, 7);
  const past = await PastLog.open(log, 2_000);
  expect(await new StreamStates(past).state(trails, "trail-a")).toEqual(await freshOf(past, "trail-a"));
  expect(await log.sidecar.list("snapshots/")).toEqual([]);
  await new StreamStates(log).state(trails, "trail-a");
  expect(await new StreamStates(past).state(trails, "trail-a")).toEqual(await freshOf(past, "trail-a"));
});

test("a damaged snapshot, and one of another stream, are passed over", async () => {
  const log = new MemoryLog();
  await walk(log, "trail-a", 2_000);
  await new StreamStates(log).state(trails, "trail-a");
  const [name] = await log.sidecar.list("snapshots/");
  const text = (await log.sidecar.read(name as string)) as string;
  await walk(log, "trail-b", 1_500);
  await new StreamStates(log).state(trails, "trail-b");
  const names = await log.sidecar.list("snapshots/");
  const other = (await log.sidecar.read(names.find((one) => one !== name) as string)) as string;
  const changed = text.replace(/"steps":\{"(\d+)":\d/, '"steps":{"$1":7');
  expect(changed).not.toBe(text);
  for (const bad of ["", "{", "null", "[]", '{"format":1}', text.slice(0, -5), other, changed, text.slice(65)]) {
    await log.sidecar.write(name as string, bad);
    expect(await new StreamStates(log).state(trails, "trail-a"), bad).toEqual(await freshOf(log, "trail-a"));
  }
});

type Act = { readonly walk: number } | { readonly end: true } | { readonly cut: number } | { readonly erase: number };

const acts = fc.array(
  fc.oneof(
    fc.record({ walk: fc.integer({ min: 1, max: 1_500 }) }),
    fc.record({ walk: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ end: true } as const),
    fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ erase: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
  { minLength: 1, maxLength: 12 },
);

async function act(log: EventLog, one: Act): Promise<void> {
  const tail = await log.tail();
  if ("walk" in one) await walk(log, "trail-a", one.walk, tail.offset);
  else if ("end" in one)
    await log.append({ stream: "trail-a", events: [{ type: "trail.ended", data: null }] }, { actor: "a" });
  else if ("cut" in one) await log.truncateAfter(Math.floor(one.cut * tail.offset), tail);
  else if (tail.offset > 0) await erase(log, Math.max(1, Math.floor(one.erase * tail.offset)));
}

test.each(SHARED_STORES)(
  "law: %s: whatever is appended, cut back and erased by others, it is what a fold of all events gives",
  async (_, fresh) => {
    const runs = fc.asyncProperty(acts, async (history) => {
      const url = await fresh();
      const [log, other] = [await openLog(url), await openLog(url)];
      const states = new StreamStates(log);
      for (const one of history) {
        await act(other, one);
        const now = await freshOf(other, "trail-a");
        expect(await states.state(trails, "trail-a")).toEqual(now);
        expect(await new StreamStates(other).state(trails, "trail-a")).toEqual(now);
      }
      await log.close();
      await other.close();
    });
    const snapshotThenCut: Act[] = [{ walk: 997 }, { end: true }, { walk: 2 }, { cut: 0 }];
    await fc.assert(runs, { numRuns: 8, examples: [[snapshotThenCut]] });
  },
  120_000,
);
