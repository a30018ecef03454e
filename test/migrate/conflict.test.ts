import { readFileSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { SealedEvent } from "../../src/log/event.js";
import { dataHashOf } from "../../src/log/hash-chain.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { executeMigration } from "../../src/migrate/execute-migration.js";
import type { OnConflict } from "../../src/migrate/execute-options.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import { planMigration } from "../../src/migrate/plan-migration.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { addSessions, allLines, everyByte, freshStore, KINDS, withLog } from "./stores.js";

const migrator = new CrossDatabaseMigrator({ actor: "user:test", saveFolder: tempDir() });

async function migrate(source: string, target: string, onConflict: OnConflict = "abort") {
  return migrator.executeMigration(await migrator.planMigration(source, target), { onConflict });
}

function journalOf(url: string) {
  return withLog(url, (log) => new MigrationJournal(log).list(), { readOnly: true });
}

/** Two logs that were one up to offset 4 and have gone on on their own. */
async function parted(kind: (typeof KINDS)[number]): Promise<[string, string]> {
  const [source, target] = [await freshStore("sqlite"), await freshStore(kind)];
  await addSessions(source, 2);
  await migrate(source, target);
  await addSessions(source, 2, "source");
  await addSessions(target, 1, "target");
  for (const [url, branch] of [
    [source, "ours"],
    [target, "theirs"],
  ] as const) {
    await withLog(
      url,
      async (log) => void (await new SessionStore(log, { actor: "user:test" }).update("s-1", { branch })),
    );
  }
  return [source, target];
}

describe.each(KINDS)("two logs that parted, into %s", (kind) => {
  test("source-wins: the target becomes the source, its own events are in a file, and a rollback brings them back", async () => {
    const [source, target] = await parted(kind);
    const theirs = await allLines(target);
    const bytes = await everyByte(source);
    const report = await migrate(source, target, "source-wins");
    expect(report).toMatchObject({
      relation: "diverged",
      events: 5,
      after: { offset: 9 },
      replaced: { from: 5, to: 7 },
    });
    expect(await allLines(target)).toEqual(await allLines(source));
    expect(await everyByte(source)).toEqual(bytes);
    expect(readFileSync(report.replaced?.savedAs ?? "", "utf8")).toBe(theirs.slice(4).join(""));
    const back = await migrator.rollbackMigration(report.id ?? "", { target });
    expect(back).toMatchObject({ events: 5, cameBack: 3, tail: { offset: 7 } });
    expect(await allLines(target)).toEqual(theirs);
  });

  test("target-wins: nothing is written at all", async () => {
    const [source, target] = await parted(kind);
    const bytes = await everyByte(target);
    expect(await migrate(source, target, "target-wins")).toMatchObject({ id: null, events: 0, relation: "diverged" });
    expect(await everyByte(target)).toEqual(bytes);
  });

  test("rebase: the source's events stand behind the target's, once, with where they came from", async () => {
    const [source, target] = await parted(kind);
    const ours = await allLines(source);
    const theirs = await allLines(target);
    const report = await migrate(source, target, "rebase");
    expect(report).toMatchObject({
      rebased: {
        appended: 5,
        repeated: 0,
        firstOffset: 8,
        lastOffset: 12,
        conflicts: [{ stream: "session-s-1", sourceEvents: 1, targetEvents: 1 }],
      },
    });
    expect((await allLines(target)).slice(0, 7)).toEqual(theirs);
    expect(await allLines(source)).toEqual(ours);
    await withLog(target, async (log) => {
      expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 12 });
      const moved = (await allEvents(log)).slice(7);
      const originals = await withLog(source, async (from) => (await allEvents(from)).slice(4));
      for (const [i, original] of originals.entries()) {
        const { id, type, actor, data, stream, recordedAt, offset, hash } = original;
        expect(moved[i]).toMatchObject({ id, type, actor, data, stream });
        expect(moved[i]?.meta).toMatchObject({ source: `rebase:${offset}:${hash}`, occurredAt: recordedAt });
      }
      const list = await new SessionStore(log).list();
      expect(list.documents.map(({ id }) => id).sort()).toEqual(["s-1", "s-2", "source-1", "source-2", "target-1"]);
      expect(list.documents.flatMap(({ faults }) => faults)).toEqual([]);
    });
    await addSessions(source, 1, "later");
    expect(await migrate(source, target, "rebase")).toMatchObject({ rebased: { appended: 2, repeated: 5 } });
    const journal = await journalOf(target);
    const nothing = await migrate(source, target, "rebase");
    expect(nothing).toMatchObject({ id: null, events: 0, rebased: { appended: 0, repeated: 7, conflicts: [] } });
    expect(await journalOf(target)).toEqual(journal);
  });

  test("rebases in both directions bring each side only what the other has written", async () => {
    const [source, target] = await parted(kind);
    await migrate(source, target, "rebase");
    expect(await migrate(target, source, "rebase")).toMatchObject({ rebased: { appended: 3, repeated: 5 } });
    await addSessions(source, 1, "more");
    expect(await migrate(source, target, "rebase")).toMatchObject({ rebased: { appended: 2, repeated: 8 } });
    expect(await migrate(target, source, "rebase")).toMatchObject({ id: null, rebased: { appended: 0, repeated: 10 } });
    const idsIn = (url: string) => withLog(url, async (log) => (await allEvents(log)).map(({ id }) => id).sort());
    const ids = await idsIn(source);
    expect(new Set(ids).size).toBe(14);
    expect(await idsIn(target)).toEqual(ids);
  });

  test("a rebase is rolled back like any migration", async () => {
    const [source, target] = await parted(kind);
    const theirs = await allLines(target);
    const { id } = await migrate(source, target, "rebase");
    await migrator.rollbackMigration(id ?? "", { target });
    expect(await allLines(target)).toEqual(theirs);
  });
});

test("whatever both sides have done, a rebase loses nothing of either and repeats itself without a trace", async () => {
  const step = fc.tuple(
    fc.constantFrom("session-a", "session-b", "other"),
    fc.integer({ min: 1, max: 3 }),
    fc.option(fc.string()),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 4 }),
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(step, { minLength: 1, maxLength: 6 }),
      async (common, left, right) => {
        const [source, target] = [new MemoryLog(), new MemoryLog()];
        const add = async (log: MemoryLog, steps: typeof common) => {
          for (const [stream, count, note] of steps) {
            const meta = note === null ? {} : { source: note };
            await log.append(
              { stream, events: Array.from({ length: count }, () => event("t", { note }, { meta })) },
              ACTOR,
            );
          }
        };
        await add(source, common);
        await target.appendSealed(await allEvents(source));
        await add(source, left);
        await add(target, right);
        const settings = { actor: "user:test", saveFolder: tempDir(), onConflict: "rebase" as const };
        await executeMigration(await planMigration(source, target), source, target, settings);
        const all = await allEvents(target);
        expect(await verifyLog(target)).toMatchObject({ ok: true });
        const [ids, wanted] = [all.map(({ id }) => id), (await allEvents(source)).map(({ id }) => id)];
        expect(new Set(ids).size).toBe(ids.length);
        expect(wanted.every((id) => ids.includes(id))).toBe(true);
        for (const one of await allEvents(source)) {
          const moved = all.find(({ id }) => id === one.id);
          expect(moved?.dataText).toBe(one.dataText);
          if (moved?.hash !== one.hash && one.meta.source !== undefined)
            expect(moved?.meta.originalSource).toBe(one.meta.source);
        }
        const before = await target.tail();
        await executeMigration(await planMigration(source, target), source, target, settings);
        expect(await target.tail()).toEqual(before);
      },
    ),
    { numRuns: 30 },
  );
});

test("whatever is written and rebased between three logs, each has every event once, with its first origin", async () => {
  const three = fc.integer({ min: 0, max: 2 });
  const write = fc.record({ log: three, stream: fc.constantFrom("session-a", "other"), note: fc.option(fc.string()) });
  const act = fc.oneof(write, fc.record({ from: three, to: three }));
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      const logs = [new MemoryLog(), new MemoryLog(), new MemoryLog()] as const;
      const at = (n: number) => logs[n] as MemoryLog;
      const rebased = async (from: number, to: number) => {
        if (from === to) return;
        const plan = await planMigration(at(from), at(to));
        if (plan.relation.kind === "ahead") return;
        await executeMigration(plan, at(from), at(to), { actor: "a", saveFolder: tempDir(), onConflict: "rebase" });
      };
      const written = new Map<string, unknown>();
      for (const one of acts) {
        if ("from" in one) await rebased(one.from, one.to);
        else {
          const meta = one.note === null ? {} : { source: one.note };
          const { events } = await at(one.log).append(
            { stream: one.stream, events: [event("t", one, { meta }), event("t", one, { meta })] },
            ACTOR,
          );
          for (const { id } of events) written.set(id, one.note ?? undefined);
        }
      }
      for (const [from, to] of [0, 1, 2, 0, 1, 2, 0].map((n, i, all) => [n, all[i + 1]] as const)) {
        if (to !== undefined) await rebased(from, to);
      }
      for (const log of logs) {
        const all = await allEvents(log);
        expect(all.map(({ id }) => id).sort()).toEqual([...written.keys()].sort());
        expect(await verifyLog(log)).toMatchObject({ ok: true });
        for (const { id, meta } of all) {
          const isMoved = meta.occurredAt !== undefined;
          expect(isMoved ? meta.originalSource : meta.source).toBe(written.get(id));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a rebase that fails on its way says how far it came, and what it wrote is its own to roll back", async () => {
  const [source, target] = await parted("sqlite");
  const theirs = await allLines(target);
  const stop = new AbortController();
  const plan = await migrator.planMigration(source, target);
  const onProgress = ({ done }: { done: number }) => {
    if (done === 2) stop.abort();
  };
  const stopped = migrator.executeMigration(plan, { onConflict: "rebase", signal: stop.signal, onProgress });
  await expect(stopped).rejects.toMatchObject({ code: "MIGRATION_STOPPED" });
  const [, entry] = (await journalOf(target)).entries;
  expect(entry).toMatchObject({ state: "stopped", reached: { offset: 9 } });
  const id = entry?.id ?? "";
  expect(await migrator.planRollback(id, { target })).toMatchObject({ events: 2, others: 0 });
  await migrator.rollbackMigration(id, { target });
  expect(await allLines(target)).toEqual(theirs);
});

test("an event whose data was erased cannot be rebased, and nothing is written", async () => {
  const [source, target] = [new MemoryLog(), new MemoryLog()];
  const other = new MemoryLog();
  await other.append({ stream: "session-a", events: [event("t", { secret: 1 })] }, ACTOR);
  const erased = (await allEvents(other)).map(
    (one) =>
      new SealedEvent({ ...one, dataText: null, salt: null, dataHash: dataHashOf(one.salt ?? "", one.dataText ?? "") }),
  );
  await source.appendSealed(erased);
  await target.append({ stream: "session-b", events: [event()] }, ACTOR);
  const settings = { actor: "user:test", saveFolder: tempDir(), onConflict: "rebase" as const };
  const plan = await planMigration(source, target);
  await expect(executeMigration(plan, source, target, settings)).rejects.toMatchObject({ code: "REBASE_REDACTED" });
  expect((await target.tail()).offset).toBe(1);
});

test("without the file of what gave way, a rollback is refused before anything is cut", async () => {
  const [source, target] = await parted("jsonl");
  const { id, replaced } = await migrate(source, target, "source-wins");
  const all = await allLines(target);
  rmSync(replaced?.savedAs ?? "");
  await expect(migrator.rollbackMigration(id ?? "", { target })).rejects.toMatchObject({ code: "BACKUP_NOT_FOUND" });
  expect(await allLines(target)).toEqual(all);
});
