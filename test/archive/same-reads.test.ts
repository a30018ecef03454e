import { join } from "node:path";
import { expect, test } from "vitest";
import { ACTOR, allEvents, countingEntropy, event, linesOf, ManualClock } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

const streams = ["session-a", "session-b", "web-1", "web-2"];
const add = fc.record({
  kind: fc.constant("add" as const),
  streams: fc.array(fc.constantFrom(...streams), { minLength: 1, maxLength: 4 }),
  seconds: fc.integer({ min: 0, max: 3 }),
});
const archive = fc.record({ kind: fc.constant("archive" as const), share: fc.integer({ min: 1, max: 100 }) });
const restore = fc.record({ kind: fc.constant("restore" as const) });
const step = fc.oneof(
  { weight: 5, arbitrary: add },
  { weight: 3, arbitrary: archive },
  { weight: 1, arbitrary: restore },
);
const place = fc.integer({ min: 0, max: 45 });
const question = fc.record({ from: place, to: place, stream: fc.constantFrom(...streams, "session-none") });

test.each(ARCHIVABLE)(
  "%s: a log with its archives reads as the one that was never archived",
  {
    timeout: 120_000,
  },
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.array(question, { maxLength: 8 }),
        async (steps, questions) => {
          const folder = tempDir(IN_MEMORY);
          const clock = new ManualClock();
          const twin = new MemoryLog({ now: clock.now, entropy: countingEntropy() });
          const log = await openLog(await addressIn(kind, folder), { now: clock.now, entropy: countingEntropy() });
          const other = await openLog(await addressIn(kind, folder));
          const files: string[] = [];
          try {
            for (const [i, step] of steps.entries()) {
              if (step.kind === "add") {
                clock.set(new Date(clock.now().getTime() + step.seconds * 1000).toISOString());
                const batch = step.streams.map((stream) => ({ stream, events: [event("t", { i })] }));
                for (const one of [twin, log]) await one.append(batch, ACTOR);
              } else if (step.kind === "archive") {
                const { offset } = await log.tail();
                const file = join(folder, `${i}.jsonl.gz`);
                const before = Math.max(1, Math.ceil((offset * step.share) / 100));
                if (offset > 0 && (await archiveBefore(log, before, file)) !== undefined) files.push(file);
              } else {
                const file = files.pop();
                if (file !== undefined) await restoreArchive(log, file);
              }
            }
            expect((await log.archives?.())?.length).toBe(files.length);
            for (const one of [log, other]) await expectSame(one, twin, questions);
            expect((await verifyLog(log)).ok).toBe(true);
          } finally {
            for (const one of [log, other, twin]) await one.close();
          }
        },
      ),
      { numRuns: kind === "postgres" ? 10 : 25 },
    );
  },
);

type Questions = readonly { readonly from: number; readonly to: number; readonly stream: string }[];

async function expectSame(log: EventLog, twin: EventLog, questions: Questions): Promise<void> {
  expect(await linesOf(log)).toEqual(await linesOf(twin));
  expect(await log.tail()).toEqual(await twin.tail());
  for (const { from, to, stream } of questions) {
    expect(hashes(await allEvents(log, { from, to }))).toEqual(hashes(await allEvents(twin, { from, to })));
    for (const range of [{}, { from }, { from, to }, { toOffset: to }, { from, toOffset: to }]) {
      expect(hashes(await streamOf(log, stream, range))).toEqual(hashes(await streamOf(twin, stream, range)));
    }
    for (const options of [{}, { toOffset: to }]) {
      expect((await log.readLast(stream, options))?.hash).toBe((await twin.readLast(stream, options))?.hash);
    }
    const time = new Date(Date.parse("2026-01-31T10:00:00.000Z") + from * 1000);
    expect(await log.offsetAt(time)).toBe(await twin.offsetAt(time));
  }
}

function hashes(events: readonly SealedEvent[]): string[] {
  return events.map(({ hash }) => hash);
}

async function streamOf(log: EventLog, stream: string, range: object): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const page of log.readStream(stream, range)) events.push(...page);
  return events;
}
