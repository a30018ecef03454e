import { expect, test } from "vitest";
import type { AppendResult } from "../../src/log/event-log.js";
import type { ExpectedVersion } from "../../src/log/expected-version.js";
import { eventsOf } from "../../src/log/paging.js";
import type { OutboxLog } from "../../src/outbox/outbox-log.js";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { ACTOR, allOf, counted, OutboxWorld } from "./outbox-world.js";

const STREAMS = ["session-a", "session-b", "session-c"];
/** Two processes of one machine. */
const HANDLES = 2;

type Step =
  | { kind: "append"; handle: number; streams: string[]; expects: "any" | "exists" | "seen" | "seen before" | "wrong" }
  | { kind: "read"; handle: number; stream: string }
  | { kind: "cut" | "cutBehind" | "mend" | "others" | "reopen" | "replay"; handle: number };

const handle = fc.nat({ max: HANDLES - 1 });
const append = fc.record({
  kind: fc.constant("append" as const),
  handle,
  streams: fc.uniqueArray(fc.constantFrom(...STREAMS), { minLength: 1, maxLength: 2 }),
  expects: fc.constantFrom("any", "exists", "seen", "seen before", "seen before", "wrong" as const),
});
const read = fc.record({ kind: fc.constant("read" as const), handle, stream: fc.constantFrom(...STREAMS) });
const act = fc.record({
  kind: fc.constantFrom("cut", "cutBehind", "mend", "others", "reopen", "replay" as const),
  handle,
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: append }, { weight: 2, arbitrary: act }, read) as fc.Arbitrary<Step>,
  {
    minLength: 5,
    maxLength: 25,
  },
);

/** One run: what was acknowledged, in its order, by each handle. */
class Run {
  readonly acknowledged: string[][] = Array.from({ length: HANDLES }, () => []);
  readonly refused = new Set<string>();
  readonly unknown = new Set<string>();
  /** What a writer saw of a stream when it named the stream's version: by `mark stream`. */
  readonly seen = new Map<string, unknown[]>();
  queued = 0;
  readonly #world: OutboxWorld;
  readonly #logs: OutboxLog[];
  /** By `handle stream`: what a process has last seen of a stream, which it may decide on much later. */
  readonly #lastSeen = new Map<string, unknown[]>();
  #count = 0;

  private constructor(world: OutboxWorld, logs: OutboxLog[]) {
    this.#world = world;
    this.#logs = logs;
  }

  static async start(world: OutboxWorld): Promise<Run> {
    const logs = [await world.open(), await world.open()];
    return new Run(world, logs);
  }

  async do(step: Step): Promise<void> {
    const log = this.#logs[step.handle] as OutboxLog;
    switch (step.kind) {
      case "append":
        return this.#append(log, step);
      case "read":
        await this.#read(log, step).catch(expectNoCopy);
        return;
      case "others":
        await this.#world.direct.append(counted(STREAMS[this.#count % 3] as string, `other-${++this.#count}`), ACTOR);
        return;
      case "cut":
        return this.#world.cut();
      case "cutBehind":
        return this.#world.cutBehind(`mark-${this.#count + 1}"`);
      case "mend":
        return this.#world.mend();
      case "replay":
        await log.replay().catch(expectAway);
        return;
      case "reopen":
        await log.close();
        for (const stream of STREAMS) this.#lastSeen.delete(`${step.handle} ${stream}`);
        this.#logs[step.handle] = await this.#world.open();
        return;
      default:
        return step satisfies never;
    }
  }

  async #append(log: OutboxLog, { handle, streams, expects }: Step & { kind: "append" }): Promise<void> {
    const mark = `mark-${++this.#count}`;
    try {
      const batch = [];
      for (const stream of streams)
        batch.push(counted(stream, mark, await this.#expected(log, { handle, stream }, mark, expects)));
      const { events, queued } = (await log.append(batch, ACTOR)) as AppendResult;
      if (queued === true) this.queued++;
      expect(events.map(({ data }) => data)).toEqual(streams.map(() => mark));
      this.acknowledged[handle]?.push(mark);
    } catch (error) {
      const { code } = error as { code?: string };
      expect(["VERSION_CONFLICT", "OUTBOX_NO_COPY", "APPEND_OUTCOME_UNKNOWN"]).toContain(code);
      for (const stream of streams) this.#lastSeen.delete(`${handle} ${stream}`); // who is refused reads again
      (code === "APPEND_OUTCOME_UNKNOWN" ? this.unknown : this.refused).add(mark);
    }
  }

  async #expected(log: OutboxLog, place: Place, mark: string, expects: string): Promise<ExpectedVersion> {
    if (expects === "any" || expects === "exists") return expects;
    const before = this.#lastSeen.get(`${place.handle} ${place.stream}`);
    const seen = expects === "seen before" && before !== undefined ? before : await this.#read(log, place);
    if (expects === "wrong") return seen.length + 7;
    this.seen.set(`${mark} ${place.stream}`, seen);
    return seen.length;
  }

  async #read(log: OutboxLog, { handle, stream }: Place): Promise<unknown[]> {
    const seen: unknown[] = [];
    for await (const { data } of eventsOf(log.readStream(stream))) seen.push(data);
    this.#lastSeen.set(`${handle} ${stream}`, seen);
    return seen;
  }
}

interface Place {
  readonly handle: number;
  readonly stream: string;
}

function expectNoCopy(error: { code?: string }): void {
  expect(error.code).toBe("OUTBOX_NO_COPY");
}

/** The connection may be lost behind what is sent. */
function expectAway(error: { code?: string }): void {
  expect(["SERVER_UNREACHABLE", "CONNECT_REFUSED", "APPEND_OUTCOME_UNKNOWN"]).toContain(error.code);
}

const appendTo = (stream: string, expects: "any" | "seen"): Step => ({
  kind: "append",
  handle: 0,
  streams: [stream],
  expects,
});

/** Run whatever the seed, or the law might say nothing, where nothing happened: a conflict; a replay that is cut behind an append. */
const EXAMPLES: [boolean, Step[]][] = [
  [true, [{ kind: "cut", handle: 0 }, appendTo("session-b", "seen"), { kind: "others", handle: 0 }]],
  [
    true,
    [
      { kind: "cut", handle: 0 },
      appendTo("session-a", "any"),
      { kind: "cutBehind", handle: 0 },
      appendTo("session-a", "any"),
      { kind: "replay", handle: 0 },
    ],
  ],
];

test("what was acknowledged is in the server's log exactly once and in order, or listed as a conflict, whatever happens", {
  timeout: 240_000,
}, async () => {
  const totals = { queued: 0, conflicts: 0 };
  await fc.assert(
    fc.asyncProperty(fc.boolean(), steps, async (hasCopy, list) => {
      const world = await OutboxWorld.start();
      if (hasCopy) await (await world.open()).replay();
      const run = await Run.start(world);
      for (const step of list) await run.do(step);
      world.mend();
      const last = await world.open();
      await last.replay();
      expect(await verifyLog(world.direct)).toMatchObject({ ok: true });
      const stored = await allOf(world.direct);
      const report = await outboxReport(world.root, world.url);
      expect(report.queue).toEqual([]);
      const conflicts = report.conflicts.map(({ events }) => events[0]?.data);
      const marks = stored.map(({ data }) => String(data)).filter((data) => data.startsWith("mark-"));
      const appends = marks.filter((mark, i) => marks.indexOf(mark) === i && !run.unknown.has(mark));
      const acknowledged = run.acknowledged.flat();
      expect([...appends, ...conflicts].sort()).toEqual([...acknowledged].sort());
      for (const mark of run.refused) expect(marks).not.toContain(mark);
      expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
      for (const own of run.acknowledged) {
        for (const stream of STREAMS) {
          const there = stored.filter((event) => event.stream === stream && own.includes(String(event.data)));
          const order = there.map(({ data }) => own.indexOf(String(data)));
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }
      for (const event of stored) {
        const seen = run.seen.get(`${event.data} ${event.stream}`);
        const before = stored.filter(({ stream, offset }) => stream === event.stream && offset < event.offset);
        if (seen !== undefined) expect(before.map(({ data }) => data)).toEqual(seen);
      }
      await last.replay();
      expect(await allOf(last)).toHaveLength(stored.length);
      totals.queued += run.queued;
      totals.conflicts += conflicts.length;
      await world.close();
    }),
    { numRuns: Number(process.env.OUTBOX_RUNS ?? 25), examples: EXAMPLES, endOnFailure: true },
  );
  expect(totals.queued).toBeGreaterThan(2);
  expect(totals.conflicts).toBeGreaterThan(0);
});
