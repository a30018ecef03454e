import { expect, test } from "vitest";
import { type BisectState, bisect, mostSteps, type Verdict } from "../../src/inspect/bisect.js";
import { holds } from "../../src/inspect/condition.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";

/** The session counts 0, 1, 2 …: version v holds n = v - 1, at offset v. */
async function counting(count: number): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: "a", n: 0 });
  for (let n = 1; n < count; n++) await store.update("a", { n }, { reason: `to ${n}` });
  return log;
}

const count = ({ record }: BisectState) => (record?.n ?? -1) as number;
const badFrom =
  (turn: number) =>
  (state: BisectState): Verdict =>
    count(state) >= turn ? "bad" : "good";

test("the first bad event comes with who, why and what it changed", async () => {
  const result = await bisect(await counting(9), "a", { good: 1, bad: 9, verdict: badFrom(5) });
  expect(result.suspects).toMatchObject([
    { version: 6, offset: 6, reason: "to 5", changes: [{ path: "/n", before: 4, after: 5 }] },
  ]);
});

test("law: it finds what looking at every state finds, in at most log2(n) steps", async () => {
  const log = await counting(40);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 39 }), fc.nat(39), fc.nat(39), async (turn, g, b) => {
      const [good, bad] = [g % (turn + 1), turn + 1 + (b % (40 - turn))];
      const result = await bisect(log, "a", { good, bad, verdict: badFrom(turn) });
      expect(result.suspects.map(({ offset }) => offset)).toEqual([turn + 1]);
      expect(result.steps).toBeLessThanOrEqual(mostSteps(bad - good));
    }),
  );
});

test("law: whatever is skipped, the first bad event is among the suspects, and only skipped states lie between", async () => {
  const log = await counting(24);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 22 }), fc.uniqueArray(fc.nat(23)), async (turn, skipped) => {
      const skip = new Set(skipped.filter((n) => n > 0 && n < 23));
      const verdict = (state: BisectState) => (skip.has(count(state)) ? "skip" : badFrom(turn)(state));
      const { suspects } = await bisect(log, "a", { good: 1, bad: 24, verdict });
      const found = suspects.map(({ offset }) => offset - 1);
      expect(found).toContain(turn);
      for (const n of found.slice(0, -1)) expect(skip.has(n)).toBe(true);
    }),
  );
});

test.each([
  ["good that is bad", 8, 9, "BISECT_GOOD_IS_BAD"],
  ["bad that is good", 1, 3, "BISECT_BAD_IS_GOOD"],
  ["points the wrong way round", 9, 1, "BISECT_RANGE_INVALID"],
])("a %s is an error", async (_what, good, bad, code) => {
  await expect(bisect(await counting(9), "a", { good, bad, verdict: badFrom(5) })).rejects.toMatchObject({ code });
});

test("conditions: equal as text or as JSON, matching, there, not there", () => {
  const record = { branch: "283", n: 3, pr: { exists: false } };
  const check = (path: string, test: Parameters<typeof holds>[1]["test"]) => holds(record, { path, test });
  expect(check("/branch", { kind: "equals", text: "283" })).toBe(true);
  expect(check("/n", { kind: "equals", text: "3" })).toBe(true);
  expect(check("/pr", { kind: "equals", text: '{"exists":false}' })).toBe(true);
  expect(check("/nope", { kind: "equals", text: "null" })).toBe(false);
  expect(check("/branch", { kind: "matches", pattern: /^28/u })).toBe(true);
  expect([check("/pr/exists", { kind: "exists" }), check("/pr/x", { kind: "missing" })]).toEqual([true, true]);
  expect(holds(null, { path: "/n", test: { kind: "missing" } })).toBe(true);
});
