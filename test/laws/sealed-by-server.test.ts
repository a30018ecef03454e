import { afterEach, expect, test } from "vitest";
import { ACTOR, countingEntropy, linesOf, ManualClock } from "../../src/conformance/target.js";
import type { NewEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import type { StreamAppend } from "../../src/log/prepare.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";

const HOSTILE = [
  ...["", '"', "\\", '\\"', "'", "''", "\\'", "$1", "$$", "$f$", "%s", "{", "}", "{}", ",", "NULL", '{"a",NULL}'],
  ...[
    "\u0000",
    "\\u0000",
    "\n",
    "\r\n",
    "\t",
    "\b",
    "\u001f",
    "\u007f",
    "\u0085",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffd",
  ],
  ...[
    "\ud83d\ude00",
    "\ud800",
    "\udc00x",
    "é",
    "e\u0301",
    "ﬀ",
    "\u202e",
    "x".repeat(5000),
    "\u{10ffff}",
    "true",
    "1e400",
  ],
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
const name = fc.oneof(
  fc.constantFrom("a", 'q"uo\\te', "back\\\\slash", "{curly,}", "NULL", "é\u{1f600}", "'; --", "$1"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
);
const IDS = [1, 2, 3].map((n) => `0190a000-0000-7000-8000-00000000000${n}`);
const json = fc.oneof(
  text,
  fc.dictionary(text, text, { maxKeys: 3 }),
  fc.jsonValue(),
  fc.constantFrom(-0, 1e21, 5e-324),
);
const event: fc.Arbitrary<NewEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { type: name, data: json, actor: name, meta: fc.dictionary(name, text, { maxKeys: 2 }) },
      { requiredKeys: ["type", "data"] },
    ) as fc.Arbitrary<NewEvent>,
  },
  // The same event again, or another under its id.
  {
    weight: 1,
    arbitrary: fc.record({ id: fc.constantFrom(...IDS), type: fc.constant("t"), data: fc.constantFrom(1, 1, 2) }),
  },
);
const part: fc.Arbitrary<StreamAppend> = fc.record({
  stream: fc.oneof(
    fc.constantFrom("session-a", "session-b"),
    name.map((end) => `s-${end}`),
  ),
  expectedVersion: fc.oneof(fc.constantFrom("any" as const, "exists" as const), fc.nat({ max: 4 })),
  events: fc.array(event, { minLength: 1, maxLength: 5 }),
});
/** Groups of appends that are called at once, one after the other. */
const groups = fc.array(
  fc.record({
    appends: fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    secondsLater: fc.integer({ min: -5, max: 5 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const opened: EventLog[] = [];
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
});

/** What an append was answered, with all that an error says. */
async function outcomeOf(log: EventLog, batch: StreamAppend[]): Promise<unknown> {
  try {
    const { firstOffset, lastOffset, repeated, events } = await log.append(batch, ACTOR);
    return { firstOffset, lastOffset, repeated, hashes: events.map(({ hash }) => hash) };
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
}

test("what the server seals has the bytes of seal.ts, and refuses what that refuses, in the same words", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(groups, async (steps) => {
      const clock = new ManualClock();
      const options = () => ({ now: clock.now, entropy: countingEntropy() });
      const theirs = new MemoryLog(options());
      const ours = await PostgresLog.open(await freshPostgresUrl(), { ...options(), contended: true });
      opened.push(ours);
      let nowMs = clock.now().getTime();
      for (const { appends, secondsLater } of steps) {
        nowMs += secondsLater * 1000;
        clock.set(new Date(nowMs).toISOString());
        const [expected, actual] = await Promise.all(
          [theirs, ours].map((log) => Promise.all(appends.map((batch) => outcomeOf(log, batch)))),
        );
        expect(actual).toEqual(expected);
      }
      expect(await linesOf(ours)).toEqual(await linesOf(theirs));
      expect((await verifyLog(ours)).ok).toBe(true);
    }),
    { numRuns: 60 },
  );
});
