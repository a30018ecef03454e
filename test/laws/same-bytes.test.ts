import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ACTOR, countingEntropy, linesOf, ManualClock } from "../../src/conformance/target.js";
import type { NewEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import type { StreamAppend } from "../../src/log/prepare.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text));
const stream = fc.oneof(
  fc.constantFrom("session-a", "session-task#064"),
  name.map((text) => `session-${text}`),
);
const newEvent: fc.Arbitrary<NewEvent> = fc.record({
  type: name,
  data: fc.jsonValue(),
  meta: fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map(({ schema: _schema, ...meta }) => meta as NonNullable<NewEvent["meta"]>),
});
const append: fc.Arbitrary<StreamAppend[]> = fc.array(
  fc.record({
    stream,
    expectedVersion: fc.constantFrom("any" as const, "any" as const, 0, 1, "exists" as const),
    events: fc.array(newEvent, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3 },
);
const step = fc.record({ append, secondsLater: fc.integer({ min: -5, max: 60 }) });

const opened: EventLog[] = [];
afterAll(async () => {
  for (const log of opened) await log.close();
});

async function openAll(clock: ManualClock): Promise<EventLog[]> {
  const folder = tempDir();
  const options = () => ({ now: clock.now, entropy: countingEntropy() });
  const logs = [
    new MemoryLog(options()),
    await JsonlLog.open(join(folder, "s.jsonl"), options()),
    await SqliteLog.open(join(folder, "s.db"), options()),
    await PostgresLog.open(await freshPostgresUrl(), options()),
    await PostgresLog.open(await freshPostgresUrl(), { ...options(), contended: true }),
  ];
  opened.push(...logs);
  return logs;
}

/** What one append answered: the lines written, or the code of the refusal. */
async function outcome(log: EventLog, batch: StreamAppend[]): Promise<string> {
  try {
    const { firstOffset, lastOffset } = await log.append(batch, ACTOR);
    return `${firstOffset}..${lastOffset}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("the same sequence of appends gives the same answers, bytes and hashes on every backend", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const clock = new ManualClock();
      const logs = await openAll(clock);
      let now = clock.now().getTime();
      for (const { append: batch, secondsLater } of steps) {
        now += secondsLater * 1000;
        clock.set(new Date(now).toISOString());
        const outcomes = await Promise.all(logs.map((log) => outcome(log, batch)));
        expect(new Set(outcomes).size, outcomes.join(" | ")).toBe(1);
      }
      const lines = await Promise.all(logs.map(linesOf));
      for (const other of lines) expect(other).toEqual(lines[0]);
      for (const log of logs) expect(await log.tail()).toEqual(await (logs[0] as EventLog).tail());
      for (const log of opened.splice(0)) await log.close();
    }),
    { numRuns: 40 },
  );
});
