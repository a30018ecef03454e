import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { erase } from "../../src/erasure/erase.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { executeMigration } from "../../src/migrate/execute-migration.js";
import type { ExecuteOptions } from "../../src/migrate/execute-options.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import type { JournalEntry } from "../../src/migrate/journal-entry.js";
import { planMigration } from "../../src/migrate/plan-migration.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { addSessions, allLines, everyByte, freshStore, opened, PAIRS, withLog } from "./stores.js";

const migrator = new CrossDatabaseMigrator({ actor: "user:test" });
const options = (more: Partial<ExecuteOptions> = {}): ExecuteOptions => ({
  actor: "user:test",
  saveFolder: tempDir(),
  ...more,
});

async function journalOf(log: EventLog): Promise<readonly JournalEntry[]> {
  return (await new MigrationJournal(log).list()).entries;
}

async function migrate(source: EventLog, target: EventLog, more: Partial<ExecuteOptions> = {}) {
  return executeMigration(await planMigration(source, target), source, target, options(more));
}

/** The log, with `override` in the place of its own methods. */
function changed(log: EventLog, override: Partial<EventLog>): EventLog {
  return new Proxy(log, {
    get(target, key) {
      if (key in override) return Reflect.get(override, key);
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("every backend into every backend, twice in a row", () => {
  test.each(PAIRS)("%s → %s", async (from, to) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 4);
    const bytes = await everyByte(source);
    const first = await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(first).toMatchObject({ relation: "empty", events: 8, sessions: 4, states: 4, before: { offset: 0 } });
    expect(await everyByte(source)).toEqual(bytes);
    expect(await allLines(target)).toEqual(await allLines(source));
    await addSessions(source, 1, "more");
    const second = await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(second).toMatchObject({ relation: "prefix", events: 2, before: { offset: 8 }, after: { offset: 10 } });
    const third = await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(third).toMatchObject({ id: null, relation: "equal", events: 0, states: 5 });
    expect(await allLines(target)).toEqual(await allLines(source));
    await withLog(target, async (log) => {
      expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 10 });
      expect(await journalOf(log)).toMatchObject([
        { id: first.id, state: "done", before: { offset: 0 }, after: { offset: 8 }, events: 8, actor: "user:test" },
        { id: second.id, state: "done", before: { offset: 8 }, after: { offset: 10 }, events: 2 },
      ]);
    });
  });
});

test("whatever was appended, in batches of whatever size, arrives as it is, appends whole", async () => {
  const appends = fc.array(
    fc.tuple(fc.constantFrom("session-a", "session-b", "other-c"), fc.integer({ min: 1, max: 9 })),
    {
      maxLength: 12,
    },
  );
  await fc.assert(
    fc.asyncProperty(appends, fc.integer({ min: 1, max: 7 }), fc.nat(12), async (list, batchEvents, first) => {
      const [source, target] = [new MemoryLog(), new MemoryLog()];
      const add = async (some: typeof list) => {
        for (const [stream, count] of some) {
          const events = Array.from({ length: count }, (_, i) => event("t", { i }));
          await source.append({ stream, events }, ACTOR);
        }
      };
      await add(list.slice(0, first));
      await migrate(source, target, { batchEvents });
      await add(list.slice(first));
      await migrate(source, target, { batchEvents });
      expect(await linesOf(target)).toEqual(await linesOf(source));
    }),
    { numRuns: 60 },
  );
});

test("passwords stand neither in the journal nor in the report", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  await appendCount(source, "session-a", 1);
  const url = new URL(await freshStore("postgres"));
  url.password = "hunter2";
  await addSessions(url.href, 1);
  const report = await migrator.executeMigration(await migrator.planMigration(url.href, await freshStore("sqlite")));
  expect(JSON.stringify(report)).not.toContain("hunter2");
  expect(report.source).toContain(":***@");
  await withLog(report.target, async (log) => {
    for (const name of await log.sidecar.list("")) expect(await log.sidecar.read(name)).not.toContain("hunter2");
  });
  await migrate(source, target);
});

describe("what is not as it should be after copying is taken back", () => {
  test.each<[string, (event: SealedEvent) => SealedEvent]>([
    ["a target that gives other data back", (one) => withFields(one, { dataText: '{"x":1}' })],
    ["a target that gives other hashes back", (one) => withFields(one, { hash: "f".repeat(64) })],
    ["a target that gives other actors back", (one) => withFields(one, { actor: "user:mallory" })],
  ])("%s", async (_what, change) => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 3);
    await migrate(source, target);
    await appendCount(source, "session-b", 3);
    let copied = false;
    const bad = changed(target, {
      appendSealed: (events) => {
        copied = true;
        return target.appendSealed(events);
      },
      readAll: async function* (range) {
        for await (const page of target.readAll(range))
          yield page.map((one) => (copied && one.offset === 5 ? change(one) : one));
      },
    });
    const plan = await planMigration(source, target);
    await expect(executeMigration(plan, source, bad, options())).rejects.toMatchObject({
      code: expect.stringMatching(/^(CHAIN_BROKEN|MIGRATION_MISMATCH)$/),
    });
    expect((await target.tail()).offset).toBe(3);
    expect((await journalOf(target)).at(-1)).toMatchObject({
      state: "rolled-back",
      error: { code: expect.any(String) },
    });
    expect(await migrate(source, target)).toMatchObject({ events: 3 });
  });

  test("states that differ although the hashes are equal", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 2);
    const plan = await planMigration(source, target);
    const states = new Map([...plan.states, ["sessions/a", "0".repeat(64)]]);
    await expect(executeMigration({ ...plan, states }, source, target, options())).rejects.toMatchObject({
      code: "MIGRATION_MISMATCH",
      message: expect.stringContaining("sessions/a"),
    });
    expect((await target.tail()).offset).toBe(0);
  });

  test("what others have appended behind it meanwhile is not", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 2);
    const plan = await planMigration(source, target);
    const switched = async () => {
      await appendCount(target, "session-z", 1);
      throw new Error("the configuration could not be written");
    };
    await expect(executeMigration(plan, source, target, options({ switchConfig: switched }))).rejects.toThrow(
      "configuration",
    );
    expect((await target.tail()).offset).toBe(3);
  });
});

function withFields(event: SealedEvent, fields: Partial<SealedEvent>): SealedEvent {
  return Object.assign(Object.create(Object.getPrototypeOf(event)), event, fields);
}

describe("a migration that is stopped", () => {
  test("leaves a valid beginning, and goes on under its id", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 20);
    const stop = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === "copying" && done >= 9) stop.abort(new Error("enough"));
    };
    const stopped = migrate(source, target, { batchEvents: 3, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: "MIGRATION_STOPPED", hint: expect.stringContaining("resume") });
    const { offset } = await target.tail();
    expect(offset).toBeLessThan(20);
    expect(await verifyLog(target)).toMatchObject({ ok: true, verified: offset });
    const [entry] = await journalOf(target);
    expect(entry).toMatchObject({ state: "stopped", reached: { offset }, before: { offset: 0 } });
    const report = await migrate(source, target);
    expect(report).toMatchObject({ id: entry?.id, events: 20 - offset });
    expect(await journalOf(target)).toMatchObject([
      { id: entry?.id, state: "done", events: 20, before: { offset: 0 } },
    ]);
    expect(await linesOf(target)).toEqual(await linesOf(source));
  });

  test("before the first batch writes no event", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 2);
    await expect(migrate(source, target, { signal: AbortSignal.abort(new Error("no")) })).rejects.toMatchObject({
      code: "MIGRATION_STOPPED",
    });
    expect((await target.tail()).offset).toBe(0);
  });
});

describe("two migrations into one target", () => {
  test("the second is refused while the first is at work", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 10);
    const plan = await planMigration(source, target);
    let second: Promise<unknown> | undefined;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase !== "copying" || second !== undefined) return;
      second = planMigration(source, target).then((later) => executeMigration(later, source, target, options()));
      second.catch(() => undefined); // looked at below
    };
    await executeMigration(plan, source, target, options({ batchEvents: 1, onProgress }));
    await expect(second).rejects.toMatchObject({ code: expect.stringMatching(/^(MIGRATION_RUNNING|TARGET_CHANGED)$/) });
    expect(await linesOf(target)).toEqual(await linesOf(source));
  });

  test("of many that begin at once, no event is doubled, and doing it again ends it", async () => {
    const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
    await addSessions(source, 30);
    const logs = await Promise.all(
      Array.from({ length: 5 }, async () => [await opened(source, { readOnly: true }), await opened(target)] as const),
    );
    const results = await Promise.allSettled(logs.map(([from, to]) => migrate(from, to, { batchEvents: 4 })));
    const codes = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { code: string }).code] : [],
    );
    for (const code of codes) expect(["MIGRATION_RUNNING", "TARGET_CHANGED"]).toContain(code);
    const [from, to] = logs[0] as (typeof logs)[number];
    await migrate(from, to);
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test("an entry of a process that is gone is in nobody's way; one of another machine is, until it falls silent", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 2);
    await migrate(source, target);
    await appendCount(source, "session-a", 2);
    const journal = new MigrationJournal(target);
    const [done] = await journalOf(target);
    const running = {
      ...(done as JournalEntry),
      id: "0190a000-0000-7000-8000-000000000001",
      state: "running" as const,
    };
    const now = new Date().toISOString();
    await journal.write({ ...running, host: "elsewhere", heartbeatAt: now });
    await expect(migrate(source, target)).rejects.toMatchObject({ code: "MIGRATION_RUNNING" });
    for (const dead of [
      { host: "elsewhere", heartbeatAt: "2020-01-01T00:00:00.000Z" },
      { pid: 2 ** 22 - 1, heartbeatAt: now },
      { processStartedAt: "2020-01-01T00:00:00.000Z", heartbeatAt: now },
    ]) {
      await journal.write({ ...running, ...dead });
      await migrate(source, target);
      await appendCount(source, "session-a", 1);
    }
  });

  test("somebody who appends to the target meanwhile loses nothing, and the migration says so", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await appendCount(source, "session-a", 10);
    let intruded = false;
    const busy = changed(target, {
      appendSealed: async (events) => {
        if (events[0]?.offset === 5 && !intruded) {
          intruded = true;
          await appendCount(target, "session-z", 1);
        }
        return target.appendSealed(events);
      },
    });
    const plan = await planMigration(source, target);
    await expect(executeMigration(plan, source, busy, options({ batchEvents: 2 }))).rejects.toMatchObject({
      code: "TARGET_CHANGED",
    });
    expect((await allEvents(target)).at(-1)).toMatchObject({ offset: 5, stream: "session-z" });
    await expect(migrate(source, target)).rejects.toMatchObject({ code: "LOGS_DIVERGED", lastCommonOffset: 4 });
  });
});

test("a plan of yesterday is not executed on a target that was written to since", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  await appendCount(source, "session-a", 2);
  const plan = await planMigration(source, target);
  await appendCount(target, "session-z", 1);
  await expect(executeMigration(plan, source, target, options())).rejects.toMatchObject({ code: "TARGET_CHANGED" });
});

test("writers may go on at the source: what they write meanwhile comes with the next migration", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 5);
  const plan = await migrator.planMigration(source, target);
  await addSessions(source, 2, "later");
  expect(await migrator.executeMigration(plan)).toMatchObject({ events: 10, after: { offset: 10 } });
  expect(await migrator.executeMigration(await migrator.planMigration(source, target))).toMatchObject({ events: 4 });
});

test("the configuration is switched after everything was verified, and a failure of it leaves a migration to go on with", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  await appendCount(source, "session-a", 2);
  const seen: unknown[] = [];
  await migrate(source, target, { switchConfig: async ({ events, after }) => void seen.push([events, after.offset]) });
  expect(seen).toEqual([[2, 2]]);
  await appendCount(source, "session-a", 1);
  const fails = () => Promise.reject(new Error("the file is read-only"));
  await expect(migrate(source, target, { switchConfig: fails })).rejects.toThrow("read-only");
  expect((await journalOf(target)).at(-1)).toMatchObject({ state: "failed", reached: { offset: 3 } });
  await migrate(source, target, { switchConfig: async ({ events, after }) => void seen.push([events, after.offset]) });
  expect(seen.at(-1)).toEqual([0, 3]);
  expect((await journalOf(target)).at(-1)).toMatchObject({ state: "done", events: 1, after: { offset: 3 } });
});

test("a journal that is lost or damaged loses no fact", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 2);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  await withLog(target, async (log) => {
    for (const name of await log.sidecar.list("migrations/")) await log.sidecar.write(name, "{ no JSON");
    expect(await new MigrationJournal(log).list()).toMatchObject({
      entries: [],
      unreadable: [expect.stringMatching(/^migrations\//)],
    });
  });
  await addSessions(source, 1, "more");
  expect(await migrator.executeMigration(await migrator.planMigration(source, target))).toMatchObject({ events: 2 });
  await withLog(target, async (log) => {
    for (const name of await log.sidecar.list("")) await log.sidecar.remove(name);
  });
  expect(await migrator.verifyMigration(source, target)).toMatchObject({ states: 3, relation: { kind: "equal" } });
  expect(await allLines(target)).toEqual(await allLines(source));
});

test("an old migration is verified again, also when one side has gone on", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 2);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  await addSessions(target, 1, "more");
  expect(await migrator.verifyMigration(source, target)).toMatchObject({
    states: 2,
    relation: { kind: "ahead", common: 4 },
  });
  const path = target.slice("jsonl:".length);
  writeFileSync(path, readFileSync(path, "utf8").replace('"b1"', '"b9"'));
  await expect(migrator.verifyMigration(source, target)).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset: 2 });
});

test("of migrations in one millisecond the last one is the last one", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  const ids: (string | null)[] = [];
  for (let i = 0; i < 50; i++) {
    await appendCount(source, "session-a", 1);
    ids.push((await migrate(source, target)).id);
  }
  expect((await journalOf(target)).map(({ id }) => id)).toEqual(ids);
});

test("a heartbeat tells that a migration is at work, and none is left when it has ended", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  await appendCount(source, "session-a", 2);
  const report = await migrate(source, target);
  const before = await target.sidecar.read(`migrations/${report.id}`);
  await until("some turns have passed", () => true);
  expect(await target.sidecar.read(`migrations/${report.id}`)).toBe(before);
});

test.each(PAIRS)(
  "%s to %s: what is erased between the plan and its execution is no fault of the target",
  async (from, to) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 3);
    const plan = await migrator.planMigration(source, target);
    await withLog(source, (log) => erase(log, { session: "s-2" }, { actor: "user:test" }));
    expect(await migrator.executeMigration(plan)).toMatchObject({ events: 6 });
    expect(await allLines(target)).toEqual((await allLines(source)).slice(0, 6));
    await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(await allLines(target)).toEqual(await allLines(source));
  },
);
