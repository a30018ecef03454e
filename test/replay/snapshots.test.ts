import { expect, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import { appendCount } from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { foldLog } from "../../src/replay/fold-log.js";
import { MAX_SNAPSHOTS, Snapshots } from "../../src/replay/snapshots.js";
import { fc } from "../support/fast-check.js";

interface Trail {
  offsets: number[];
}

function trails(revision = 1) {
  return defineProjection<Trail>({
    name: "trails",
    revision,
    idOf: (stream) => stream.slice("session-".length),
    evolve: (document, { offset }) => ({ offsets: [...(document?.offsets ?? []), offset] }),
    fields: {},
  });
}

/** `lengths` events to streams in turn. */
async function logOf(lengths: readonly number[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  const streams = ["session-a", "session-__proto__", "session-constructor"];
  for (const [i, length] of lengths.entries()) await appendCount(log, streams[i % 3] as string, length);
  return log;
}

async function stateAt(log: EventLog, offset: number, every: number, projection = trails()) {
  const { documents, versions, checkpoint } = await foldLog(log, projection, offset, every);
  return { documents, versions, offset: checkpoint.offset };
}

const NEVER = Number.MAX_SAFE_INTEGER;

test("the state at any offset is the same from snapshots as from the first event", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      async (lengths, places) => {
        const log = await logOf(lengths);
        const { offset: end } = await log.tail();
        await stateAt(log, end, 2);
        for (const place of places) {
          const offset = Math.min(place, end);
          expect(await stateAt(log, offset, 2)).toEqual(await stateAt(await logOf(lengths), offset, NEVER));
        }
      },
    ),
  );
});

test("a second fold begins at the snapshot, and reads only what came since", async () => {
  const log = await logOf([20]);
  await stateAt(log, 20, 5);
  await appendCount(log, "session-a", 2);
  const reads: number[] = [];
  const readAll = log.readAll.bind(log);
  log.readAll = (range) => {
    reads.push(range?.from ?? 1);
    return readAll(range);
  };
  await stateAt(log, 22, 5);
  expect(reads).toEqual([20, 21]); // the hash at the snapshot, then the rest
});

test("a snapshot of a history that was cut off and went on differently is passed over", async () => {
  const log = await logOf([20]);
  await stateAt(log, 20, 5);
  await log.truncateAfter(12, await log.tail());
  await appendCount(log, "session-b", 8);
  expect([...(await stateAt(log, 20, 5)).documents]).toEqual([
    ["a", { offsets: Array.from({ length: 12 }, (_, i) => i + 1) }],
    ["b", { offsets: Array.from({ length: 8 }, (_, i) => i + 13) }],
  ]);
});

test("snapshots of another revision, and texts that are none, are passed over", async () => {
  const log = await logOf([10]);
  await stateAt(log, 10, 5);
  expect(await new Snapshots(log, trails(2)).nearest(10)).toBeUndefined();
  for (const name of await log.sidecar.list("snapshots/")) await log.sidecar.write(name, "{half a");
  expect((await stateAt(log, 10, 5)).documents.get("a")?.offsets).toHaveLength(10);
});

test("a snapshot with any one changed letter is passed over, and so is one that was kept under another offset", async () => {
  const log = await logOf([10]);
  await stateAt(log, 5, 5);
  const right = await stateAt(log, 10, 5);
  const names = await log.sidecar.list("snapshots/");
  const texts = await Promise.all(names.map(async (name) => (await log.sidecar.read(name)) as string));
  for (let at = 0; at < (texts.at(-1) as string).length; at++) {
    for (const [i, name] of names.entries()) await log.sidecar.write(name, flipped(texts[i] as string, at));
    expect(await stateAt(log, 10, NEVER), `letter ${at}`).toEqual(right);
  }
  await log.sidecar.write(names[1] as string, texts[0] as string);
  expect(await stateAt(log, 10, NEVER)).toEqual(right);
});

/** The lowest bit of one character, the other way round: a digit becomes its neighbour, the text stays JSON. */
function flipped(text: string, at: number): string {
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`;
}

test("a snapshot of an older version, which has no digest, is passed over", async () => {
  const log = await logOf([10]);
  await stateAt(log, 10, 5);
  for (const name of await log.sidecar.list("snapshots/")) {
    const text = (await log.sidecar.read(name)) as string;
    await log.sidecar.write(name, text.slice(text.indexOf("{")).replace('"offsets":[1,', '"offsets":[7,'));
  }
  expect((await stateAt(log, 10, NEVER)).documents.get("a")?.offsets[0]).toBe(1);
});

test("their number is bounded, and the last one stays", async () => {
  const log = await logOf([60]);
  for (let offset = 2; offset <= 60; offset += 2) await stateAt(log, offset, 2);
  const names = await log.sidecar.list("snapshots/");
  expect(names.length).toBeLessThanOrEqual(MAX_SNAPSHOTS);
  expect(names.at(-1)?.endsWith("60")).toBe(true);
});

test("who cannot write the sidecar gets the state all the same", async () => {
  const log = await logOf([10]);
  log.sidecar.write = () => Promise.reject(new Error("read-only"));
  expect((await stateAt(log, 10, 5)).documents.get("a")?.offsets).toHaveLength(10);
});
