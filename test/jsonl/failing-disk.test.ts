import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fixedEntropy, freshPath, offsetsOf, open } from "./jsonl-fixture.js";

type Fault = "EIO" | "ENOSPC" | "half";
type Call = "write" | "sync" | "truncate";

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** The system's calls, of which those named fail from their `k`-th time on, `times` times. */
function faultyCalls(faults: Partial<Record<Call, { k: number; fault: Fault; times?: number }>>): FileCalls {
  const counts = { write: 0, sync: 0, truncate: 0 };
  const due = (call: Call): Fault | undefined => {
    const count = ++counts[call];
    const planned = faults[call];
    return planned !== undefined && count >= planned.k && count < planned.k + (planned.times ?? 1)
      ? planned.fault
      : undefined;
  };
  return {
    ...SYSTEM_FILE_CALLS,
    write: (fd, bytes, from, length, position) => {
      const fault = due("write");
      const half = Math.ceil(length / 2);
      if (fault !== undefined) SYSTEM_FILE_CALLS.write(fd, bytes, from, half, position);
      if (fault === "half") return half;
      if (fault !== undefined) throw failure(fault);
      return SYSTEM_FILE_CALLS.write(fd, bytes, from, length, position);
    },
    sync: async (fd) => {
      const fault = due("sync");
      if (fault !== undefined) throw failure(fault);
      await SYSTEM_FILE_CALLS.sync(fd);
    },
    truncate: (fd, size) => {
      const fault = due("truncate");
      if (fault !== undefined) throw failure(fault);
      SYSTEM_FILE_CALLS.truncate(fd, size);
    },
  };
}

/** Appends five times; @returns the offsets that were acknowledged, and the codes of the refusals */
async function appendFive(
  path: string,
  calls: FileCalls,
): Promise<{ acknowledged: Map<number, string>; codes: string[] }> {
  const log = await open(path, { calls, entropy: fixedEntropy() });
  const acknowledged = new Map<number, string>();
  const codes: string[] = [];
  for (let i = 0; i < 5; i++) {
    try {
      const { events } = await log.append(
        { stream: "session-a", events: [event("t", { i }), event("t", "x".repeat(5000))] },
        ACTOR,
      );
      for (const one of events) acknowledged.set(one.offset, one.hash);
    } catch (error) {
      codes.push((error as { code: string }).code);
    }
  }
  await log.close();
  return { acknowledged, codes };
}

/** Every acknowledged event is there, nothing is glued, and the next append works. */
async function expectSound(path: string, acknowledged: Map<number, string>): Promise<void> {
  const log = await open(path, { entropy: fixedEntropy(1000) });
  const before = await allEvents(log);
  const hashes = new Map(before.map(({ offset, hash }) => [offset, hash]));
  for (const [offset, hash] of acknowledged) expect(hashes.get(offset)).toBe(hash);
  await appendCount(log, "session-z", 1);
  expect(offsetsOf(await allEvents(log)).length).toBe(before.length + 1);
  expect(await verifyLog(log)).toMatchObject({ ok: true });
  await log.close();
}

describe("the k-th write fails or is short", () => {
  test.each([1, 2, 3, 4, 5])("k = %i", async (k) => {
    for (const fault of ["EIO", "ENOSPC"] as const) {
      const path = freshPath();
      const { acknowledged, codes } = await appendFive(path, faultyCalls({ write: { k, fault } }));
      expect(codes).toHaveLength(1);
      expect(acknowledged.size).toBe(8);
      expect(readFileSync(path, "utf8").split("\n")).toHaveLength(9);
      await expectSound(path, acknowledged);
    }
    const path = freshPath();
    const { acknowledged } = await appendFive(path, faultyCalls({ write: { k, fault: "half" } }));
    expect(acknowledged.size).toBe(10);
    await expectSound(path, acknowledged);
  });
});

describe("the k-th sync fails", () => {
  test.each([1, 2, 3, 4, 5])("k = %i: what was acknowledged stays, what failed is gone", async (k) => {
    const path = freshPath();
    const { acknowledged, codes } = await appendFive(path, faultyCalls({ sync: { k, fault: "EIO" } }));
    expect(codes.length).toBeGreaterThanOrEqual(1);
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    expect(lines).toHaveLength(acknowledged.size);
    await expectSound(path, acknowledged);
  });
});

describe("half a write that cannot be taken back", () => {
  test.each([
    ["the truncate fails too", { write: { k: 2, fault: "EIO" }, truncate: { k: 1, fault: "EIO", times: 9 } }],
    ["the sync after the truncate fails", { write: { k: 2, fault: "EIO" }, sync: { k: 2, fault: "EIO", times: 9 } }],
    ["sync and truncate fail", { sync: { k: 2, fault: "EIO", times: 9 }, truncate: { k: 1, fault: "EIO", times: 9 } }],
  ] as const)("%s: no more appends until it is opened again", async (_what, faults) => {
    const path = freshPath();
    const { acknowledged, codes } = await appendFive(path, faultyCalls(faults));
    expect([...acknowledged.keys()]).toEqual([1, 2]);
    expect(codes).toHaveLength(4);
    expect(codes.slice(1)).toEqual(["LOG_POISONED", "LOG_POISONED", "LOG_POISONED"]);
    await expectSound(path, acknowledged);
  });

  test("another handle moves the half write aside and goes on", async () => {
    const path = freshPath();
    const other = await open(path, { entropy: fixedEntropy(500) });
    const calls = faultyCalls({ write: { k: 2, fault: "ENOSPC" }, truncate: { k: 1, fault: "EIO", times: 9 } });
    const log = await open(path, { calls, entropy: fixedEntropy() });
    await appendCount(log, "session-a", 1);
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({ code: expect.any(String) });
    await appendCount(other, "session-a", 2);
    expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3]);
    await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({ code: "LOG_POISONED" });
  });
});

test("a failed append can be repeated with the same ids", async () => {
  const path = freshPath();
  const log = await open(path, { calls: faultyCalls({ write: { k: 1, fault: "ENOSPC" } }) });
  const batch = { stream: "session-a", events: [event("t", {}, { id: "0190a000-0000-7000-8000-0000000000aa" })] };
  await expect(log.append(batch, ACTOR)).rejects.toMatchObject({ hint: expect.any(String) });
  expect((await log.tail()).offset).toBe(0);
  expect((await log.append(batch, ACTOR)).repeated).toBe(false);
  expect((await log.append(batch, ACTOR)).repeated).toBe(true);
});

test("after a failed write the other appends of the group fail too, and versions are not used up", async () => {
  const log = await open(freshPath(), { calls: faultyCalls({ write: { k: 1, fault: "EIO" } }) });
  const append = (stream: string) => log.append({ stream, expectedVersion: 0, events: [event()] }, ACTOR);
  const settled = await Promise.allSettled([append("session-a"), append("session-b")]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await append("session-b")).firstOffset).toBe(1);
});
