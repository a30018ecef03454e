import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, countingEntropy, event, linesOf } from "../../src/conformance/target.js";
import { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MAX_PAGE_EVENTS } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { relate } from "../../src/migrate/relation.js";
import { fc } from "../support/fast-check.js";

let seed = 0;
function memory(): MemoryLog {
  seed += 10_000;
  return new MemoryLog({ entropy: countingEntropy(seed) });
}

/** A log whose reads give `change`d events. */
function damaged(log: EventLog, change: (one: SealedEvent) => SealedEvent): EventLog {
  return new Proxy(log, {
    get(target, key) {
      if (key === "readAll") {
        return async function* (range: object) {
          for await (const page of target.readAll(range)) yield page.map(change);
        };
      }
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("a copy into an empty log is the same log", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 5);
  const report = await copyLog(source, target);
  expect([report.relation.kind, report.copied, report.before.offset]).toEqual(["empty", 5, 0]);
  expect(report.after).toEqual(await source.tail());
  expect(await linesOf(target)).toEqual(await linesOf(source));
});

test("a second copy takes only what is new, a third nothing", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 5);
  await copyLog(source, target);
  await appendCount(source, "session-b", 2);
  expect(await copyLog(source, target)).toMatchObject({
    copied: 2,
    before: { offset: 5 },
    relation: { kind: "prefix" },
  });
  expect(await copyLog(source, target)).toMatchObject({ copied: 0, relation: { kind: "equal" } });
});

test("a preview writes nothing and says what would be copied", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 5);
  expect(await copyLog(source, target, { preview: true })).toMatchObject({ copied: 5, after: await source.tail() });
  expect((await target.tail()).offset).toBe(0);
});

test("an append larger than a page is copied whole", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 3);
  const many = Array.from({ length: 2 * MAX_PAGE_EVENTS + 7 }, (_, i) => event("t", { i }));
  await source.append({ stream: "session-b", events: many }, ACTOR);
  await appendCount(source, "session-a", 3);
  await copyLog(source, target);
  expect(await linesOf(target)).toEqual(await linesOf(source));
});

test("a flipped value in the source is refused before the target is touched", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 9);
  const bad = damaged(source, (one) => (one.offset === 7 ? new SealedEvent({ ...one, dataText: '{"i":0}' }) : one));
  await expect(copyLog(bad, target)).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset: 7 });
  expect((await target.tail()).offset).toBe(0);
});

test("diverged logs and a target that is ahead are refused, naming the last common offset", async () => {
  const [source, target] = [memory(), memory()];
  await appendCount(source, "session-a", 4);
  await copyLog(source, target);
  await appendCount(target, "session-a", 1);
  await expect(copyLog(source, target)).rejects.toMatchObject({ code: "LOGS_DIVERGED", lastCommonOffset: 4 });
  await appendCount(source, "session-a", 3);
  await expect(copyLog(source, target)).rejects.toMatchObject({ code: "LOGS_DIVERGED", lastCommonOffset: 4 });
  expect((await target.tail()).offset).toBe(5);
});

test("the relation of two logs is found wherever they part", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(20), fc.nat(6), fc.nat(6), async (common, left, right) => {
      const [a, b] = [memory(), memory()];
      await appendCount(a, "session-a", common);
      await b.appendSealed(await allEvents(a));
      await appendCount(a, "session-l", left);
      await appendCount(b, "session-r", right);
      const relation = await relate(a, b);
      expect(relation.common).toBe(common);
      const kinds: Record<string, string> = { "+0": "prefix", "0+": "ahead", "00": "equal", "++": "diverged" };
      const parts = `${left > 0 ? "+" : "0"}${right > 0 ? "+" : "0"}`;
      const kind = common + right === 0 && left > 0 ? "empty" : kinds[parts];
      expect(relation.kind).toBe(kind);
    }),
    { numRuns: 60 },
  );
});
