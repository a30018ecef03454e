import { expect, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { partitionsOf } from "./partitioned.js";

const ACTOR = { actor: "user:test" };
const RUNS = Number(process.env.PARTITION_RUNS ?? 12);
const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** Few streams and few ids, so that both come again and again, also in later partitions. */
const append = fc.record({
  kind: fc.constant("append" as const),
  stream: fc.integer({ min: 0, max: 4 }),
  expected: fc.constantFrom("any" as const, "exists" as const, 0, 1, 2, 3),
  ids: fc.array(fc.record({ id: fc.integer({ min: 0, max: 25 }), given: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
});
const cut = fc.record({ kind: fc.constant("cut" as const), back: fc.integer({ min: 1, max: 6 }) });
const partition = fc.record({
  kind: fc.constant("partition" as const),
  events: fc.integer({ min: 1, max: 4 }),
  ahead: fc.integer({ min: 1, max: 4 }),
});
const reopen = fc.record({ kind: fc.constant("reopen" as const) });
const acts = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: append },
    { weight: 1, arbitrary: cut },
    { weight: 2, arbitrary: partition },
    { weight: 1, arbitrary: reopen },
  ),
  { minLength: 15, maxLength: 40 },
);
type Act = Exclude<(typeof acts extends fc.Arbitrary<infer A> ? A : never)[number], undefined>;

/** A log whose source of ids says what it is told to. */
class Fed {
  readonly ids: string[] = [];
  readonly #open: (options: object) => Promise<EventLog>;
  log: EventLog | undefined;

  constructor(open: (options: object) => Promise<EventLog>) {
    this.#open = open;
  }

  async open(): Promise<void> {
    await this.log?.close();
    const entropy = { newId: () => this.ids.shift() ?? idOf(99), newSalt: () => "0".repeat(32) };
    this.log = await this.#open({ entropy, now: () => new Date("2026-01-31T10:00:00.000Z") });
  }

  /** What came of it, in words that two logs have in common. */
  async run(act: Act): Promise<string> {
    const log = this.log as EventLog;
    if (act.kind === "append") {
      this.ids.splice(0, this.ids.length, ...act.ids.filter(({ given }) => !given).map(({ id }) => idOf(id)));
      const events = act.ids.map(({ id, given }) => ({ type: "t", data: {}, ...(given ? { id: idOf(id) } : {}) }));
      const expectedVersion = act.expected;
      const done = log.append({ stream: `session-${act.stream}`, expectedVersion, events }, ACTOR);
      return done.then(
        ({ events: sealed }) => sealed.map(({ hash }) => hash).join(),
        (error) => String(error.code),
      );
    }
    if (act.kind === "cut") {
      const tail = await log.tail();
      return JSON.stringify(await log.truncateAfter(Math.max(0, tail.offset - act.back), tail));
    }
    if (act.kind === "reopen") await this.open();
    return "";
  }
}

test("whatever is appended, cut and partitioned, a log in partitions answers as one in one table does", {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (script) => {
      const url = await freshPostgresUrl();
      const plainUrl = await freshPostgresUrl();
      const large = new Fed((options) => PostgresLog.open(url, { ...options, pollMs: 50 }));
      const plain = new Fed((options) => PostgresLog.open(plainUrl, { ...options, pollMs: 50 }));
      await large.open();
      await plain.open();
      const partitions = partitionsOf(url);
      const answers: [string, string][] = [];
      for (const act of script) {
        if (act.kind === "partition") await partitions.partition(act);
        else answers.push([await plain.run(act), await large.run(act)]);
      }
      for (const [theirs, ours] of answers) expect(ours).toBe(theirs);
      const log = large.log as EventLog;
      expect(await log.tail()).toEqual(await plain.log?.tail());
      expect((await verifyLog(log)).ok).toBe(true);
      await log.close();
      await plain.log?.close();
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
