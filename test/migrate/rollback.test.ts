import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, event } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import type { MigrationReport } from "../../src/migrate/migration-report.js";
import { planRollback } from "../../src/migrate/plan-rollback.js";
import { rollBack } from "../../src/migrate/roll-back.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";
import { addSessions, allLines, everyByte, freshStore, KINDS, withLog } from "./stores.js";

function migratorIn(saveFolder = tempDir()): CrossDatabaseMigrator {
  return new CrossDatabaseMigrator({ actor: "user:test", saveFolder });
}

async function migrated(source: string, target: string): Promise<MigrationReport & { id: string }> {
  const migrator = migratorIn();
  const report = await migrator.executeMigration(await migrator.planMigration(source, target));
  return { ...report, id: report.id ?? "" };
}

describe.each(KINDS)("a migration into %s", (kind) => {
  test("is rolled back to what was there before, and the rollback is taken back from its file", async () => {
    const [source, target] = [await freshStore("sqlite"), await freshStore(kind)];
    await addSessions(source, 2);
    await migrated(source, target);
    const before = await allLines(target);
    await addSessions(source, 3, "more");
    const { id } = await migrated(source, target);
    const after = await allLines(target);
    const folder = tempDir();
    const report = await migratorIn(folder).rollbackMigration(id, { target });
    expect(report).toMatchObject({ events: 6, cameBack: 0, tail: { offset: 4 }, migration: { state: "rolled-back" } });
    expect(await allLines(target)).toEqual(before);
    expect(report.savedAs).toBe(join(folder, `${id}-5-10.jsonl`));
    expect(readFileSync(report.savedAs ?? "", "utf8")).toBe(after.slice(4).join(""));
    await expect(migratorIn().rollbackMigration(id, { target })).rejects.toMatchObject({ code: "ROLLBACK_IMPOSSIBLE" });
    const restored = await migratorIn().restore(report.savedAs ?? "", target);
    expect(restored).toMatchObject({ plan: { from: 5, to: 10, events: 6 }, tail: { offset: 10 } });
    expect(await allLines(target)).toEqual(after);
    // What was restored is a migration of its own.
    await migratorIn().rollbackMigration(restored.id ?? "", { target });
    expect(await allLines(target)).toEqual(before);
    await withLog(target, async (log) => expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 4 }));
  });

  test("is not rolled back over what others have written since, unless that is wanted; then it is saved too", async () => {
    const [source, target] = [await freshStore("jsonl"), await freshStore(kind)];
    await addSessions(source, 2);
    const { id } = await migrated(source, target);
    await addSessions(target, 1, "theirs");
    const all = await allLines(target);
    const plan = await migratorIn().planRollback(id, { target });
    expect(plan).toMatchObject({
      events: 6,
      others: 2,
      othersShown: [{ offset: 5, stream: "session-theirs-1", actor: "user:test" }, { offset: 6 }],
    });
    const refused = migratorIn().rollbackMigration(id, { target });
    await expect(refused).rejects.toMatchObject({ name: "RefusedError", code: "ROLLBACK_WOULD_LOSE" });
    expect(await allLines(target)).toEqual(all);
    const { savedAs } = await migratorIn().rollbackMigration(id, { target, force: true });
    expect(readFileSync(savedAs ?? "", "utf8")).toBe(all.join(""));
    expect(await allLines(target)).toEqual([]);
  });

  test("is rolled back in part, and then the rest", async () => {
    const [source, target] = [await freshStore("jsonl"), await freshStore(kind)];
    await addSessions(source, 3);
    const { id } = await migrated(source, target);
    const all = await allLines(target);
    const part = await migratorIn().rollbackMigration(id, { target, toOffset: 4 });
    expect(part).toMatchObject({ events: 2, tail: { offset: 4 }, migration: { state: "done", after: { offset: 4 } } });
    expect(await allLines(target)).toEqual(all.slice(0, 4));
    await addSessions(target, 1, "theirs");
    await expect(migratorIn().rollbackMigration(id, { target })).rejects.toMatchObject({ code: "ROLLBACK_WOULD_LOSE" });
    expect(await migratorIn().rollbackMigration(id, { target, force: true })).toMatchObject({ tail: { offset: 0 } });
  });
});

test("offsets that a part cannot end at are refused with the nearest that it can", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await withLog(source, async (log) => {
    await log.append({ stream: "session-a", events: [event(), event(), event()] }, ACTOR);
    await log.append({ stream: "session-a", events: [event()] }, ACTOR);
  });
  const { id } = await migrated(source, target);
  for (const toOffset of [-1, 1.5, 5, Number.NaN]) {
    await expect(migratorIn().rollbackMigration(id, { target, toOffset })).rejects.toMatchObject({
      code: "ROLLBACK_OFFSET_INVALID",
    });
  }
  await expect(migratorIn().rollbackMigration(id, { target, toOffset: 2 })).rejects.toMatchObject({
    code: "ROLLBACK_OFFSET_INVALID",
    hint: expect.stringContaining("--to-offset 3"),
  });
  expect(await migratorIn().rollbackMigration(id, { target, toOffset: 3 })).toMatchObject({ events: 1 });
});

test("the id may be shortened where it is clear, and is asked for where it is not", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  const missing = { name: "NotFoundError", code: "MIGRATION_NOT_FOUND" };
  for (const text of ["", "0", id.slice(0, 5), "nothing", "%", "../etc", `${id}0`]) {
    await expect(migratorIn().planRollback(text, { target })).rejects.toMatchObject(missing);
  }
  expect(await migratorIn().planRollback(id.slice(0, 13).toUpperCase(), { target })).toMatchObject({
    migration: { id },
  });
  await addSessions(source, 1, "more");
  await migrated(source, target);
  await expect(migratorIn().planRollback(id.slice(0, 6), { target })).rejects.toMatchObject({
    code: "MIGRATION_ID_AMBIGUOUS",
  });
});

test.each([
  ["a damaged one", (text: string) => text.slice(0, -9)],
  ["one of a newer version", (text: string) => text.replace('"format":1', '"format":2')],
])(
  "an entry that cannot be read is not one that is not there, nor is the one before it the last: %s",
  async (_, change) => {
    const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
    await addSessions(source, 1);
    const first = await migrated(source, target);
    await addSessions(source, 1, "more");
    const { id } = await migrated(source, target);
    const all = await allLines(target);
    await withLog(target, async ({ sidecar }) => {
      await sidecar.write(`migrations/${id}`, change((await sidecar.read(`migrations/${id}`)) ?? ""));
    });
    for (const text of [id, id.slice(0, 13), id.toUpperCase(), "last"]) {
      const back = migratorIn().rollbackMigration(text, { target, force: true });
      await expect(back, text).rejects.toMatchObject({ name: "IntegrityError", code: "MIGRATION_UNREADABLE" });
    }
    expect(await allLines(target)).toEqual(all);
    await migratorIn().rollbackMigration(first.id, { target, force: true });
    expect(await allLines(target)).toEqual([]);
  },
);

test("while another migration is at work in the same log, none is rolled back", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  await addSessions(source, 1, "more");
  const migrator = migratorIn();
  const plan = await migrator.planMigration(source, target);
  const rollbacks: Promise<unknown>[] = [];
  const onProgress = ({ phase }: { phase: string }) => {
    if (phase === "copying")
      rollbacks.push(
        migratorIn()
          .rollbackMigration(id, { target, force: true })
          .catch((e) => e),
      );
  };
  await migrator.executeMigration(plan, { onProgress });
  expect(rollbacks.length).toBeGreaterThan(0);
  for (const rollback of rollbacks) expect(await rollback).toMatchObject({ code: "MIGRATION_RUNNING" });
  expect(await allLines(target)).toEqual(await allLines(source));
});

test("an older migration is not rolled back under a newer one", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const first = await migrated(source, target);
  await addSessions(source, 1, "more");
  const second = await migrated(source, target);
  await expect(migratorIn().rollbackMigration(first.id, { target })).rejects.toMatchObject({
    code: "ROLLBACK_WOULD_LOSE",
  });
  await migratorIn().rollbackMigration(second.id, { target });
  await migratorIn().rollbackMigration(first.id, { target });
  expect(await allLines(target)).toEqual([]);
  // What was rolled back can be migrated again.
  expect(await migrated(source, target)).toMatchObject({ events: 4 });
});

test("a log that was cut and written anew below the migration is not cut by it", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  await migrated(source, target);
  await addSessions(source, 1, "more");
  const { id } = await migrated(source, target);
  await withLog(target, async (log) => void (await log.truncateAfter(0, await log.tail())));
  await expect(migratorIn().planRollback(id, { target })).rejects.toMatchObject({ code: "ROLLBACK_IMPOSSIBLE" });
  await addSessions(target, 4, "new");
  await expect(migratorIn().planRollback(id, { target })).rejects.toMatchObject({ code: "ROLLBACK_HISTORY_CHANGED" });
});

test("where the file of the cut events cannot be written, nothing is cut", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  const all = await allLines(target);
  const file = join(tempDir(), "no-folder");
  writeFileSync(file, "");
  await expect(migratorIn(join(file, "x")).rollbackMigration(id, { target })).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
  });
  expect(await allLines(target)).toEqual(all);
});

describe("the configuration of a migration that is rolled back", () => {
  /** A migration of two events that are to be cut, and what its rollback does to the configuration meanwhile. */
  async function rollingBack(duringSwitch: (target: string) => Promise<unknown>, saveFolder: string) {
    const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
    await addSessions(source, 1);
    const { id } = await migrated(source, target);
    const did: string[] = [];
    const switchBack = async () => {
      did.push("back");
      await duringSwitch(target);
      return { file: "config.yaml", left: null };
    };
    const switchAgain = async () => void did.push("again");
    const rolled = withLog(target, async (log) => {
      const options = { actor: "user:test", saveFolder, switchBack, switchAgain };
      return rollBack(log, await planRollback(log, id), options);
    });
    return { target, did, rolled };
  }

  test("is left alone where the events cannot be saved: the target is still what it names", async () => {
    const inTheWay = join(tempDir(), "file");
    writeFileSync(inTheWay, "");
    const { rolled, did, target } = await rollingBack(async () => undefined, inTheWay);
    await expect(rolled).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    expect([did, (await allLines(target)).length]).toEqual([[], 2]);
  });

  test("that cannot be switched back leaves everything as it was, and no file", async () => {
    const folder = tempDir();
    const { rolled, did, target } = await rollingBack(() => Promise.reject(new Error("read-only")), folder);
    await expect(rolled).rejects.toThrow("read-only");
    expect([did, readdirSync(folder), (await allLines(target)).length]).toEqual([["back"], [], 2]);
    const { entries } = await withLog(target, (log) => new MigrationJournal(log).list());
    expect(entries).toMatchObject([{ state: "done", rollbacks: [] }]);
  });

  test("names the target again where somebody wrote to it before the cut, which then is none", async () => {
    const { rolled, did, target } = await rollingBack((url) => addSessions(url, 1, "theirs"), tempDir());
    await expect(rolled).rejects.toMatchObject({ name: "ChainBreakError" });
    expect([did, (await allLines(target)).length]).toEqual([["back", "again"], 4]);
  });
});

test("a rollback that was killed behind its cut says, when it is ended, where the events are", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  const entry = await withLog(target, (log) => new MigrationJournal(log).find(id));
  const { savedAs } = await migratorIn().rollbackMigration(id, { target });
  await withLog(target, async (log) => {
    const journal = new MigrationJournal(log);
    // As it stands between the cut and the end.
    await journal.write({ ...entry, rollbacks: (await journal.find(id)).rollbacks });
  });
  expect(await migratorIn().rollbackMigration(id, { target })).toMatchObject({ events: 0, savedAs });
});

test("a rollback takes over the file that one which was killed before its cut has left, and no other file", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  const all = await allLines(target);
  const folder = tempDir();
  writeFileSync(join(folder, `${id}-1-2.jsonl`), all.slice(0, 1).join(""));
  writeFileSync(join(folder, `${id}-1-2-2.jsonl`), all.join(""));
  const { savedAs } = await migratorIn(folder).rollbackMigration(id, { target });
  expect(savedAs).toBe(join(folder, `${id}-1-2-2.jsonl`));
  expect(readdirSync(folder)).toHaveLength(2);
  expect(readFileSync(join(folder, `${id}-1-2.jsonl`), "utf8")).toBe(all[0]);
});

test("a rollback is stopped by its signal before anything is cut", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  const folder = tempDir();
  const stopped = migratorIn(folder).rollbackMigration(id, { target, signal: AbortSignal.abort(new Error("stop")) });
  await expect(stopped).rejects.toThrow("stop");
  expect([readdirSync(folder), (await allLines(target)).length]).toEqual([[], 2]);
  await expect(migratorIn(folder).rollbackMigration(id, { target })).resolves.toMatchObject({ events: 2 });
});

test("of a migration that was killed, what others wrote since is told from what it copied", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await addSessions(source, 5);
  const { id } = await migrated(source, target);
  await withLog(target, async (log) => {
    const journal = new MigrationJournal(log);
    const entry = await journal.find(id);
    await log.truncateAfter(6, await log.tail());
    // As it would stand had it been killed after the first batches.
    await journal.write({
      ...entry,
      state: "running",
      after: null,
      reached: entry.before,
      processStartedAt: "2020-01-01T00:00:00.000Z",
    });
  });
  expect(await migratorIn().planRollback(id, { target })).toMatchObject({ events: 6, others: 0 });
  await addSessions(target, 1, "theirs");
  expect(await migratorIn().planRollback(id, { target })).toMatchObject({ events: 8, others: 2 });
  await expect(migratorIn().rollbackMigration(id, { target })).rejects.toMatchObject({ code: "ROLLBACK_WOULD_LOSE" });
});

test("a file that is there is never overwritten", async () => {
  const [source, target, folder] = [await freshStore("jsonl"), await freshStore("sqlite"), tempDir()];
  await addSessions(source, 1);
  const { id } = await migrated(source, target);
  writeFileSync(join(folder, `${id}-1-2.jsonl`), "what was saved before");
  const { savedAs } = await migratorIn(folder).rollbackMigration(id, { target });
  expect(savedAs).toBe(join(folder, `${id}-1-2-2.jsonl`));
  expect(readFileSync(join(folder, `${id}-1-2.jsonl`), "utf8")).toBe("what was saved before");
  expect(existsSync(savedAs ?? "")).toBe(true);
});

describe.each(KINDS)("a migration into %s whose target went on in another way", (kind) => {
  test("is not rolled back into what is archived: nothing is saved, switched or noted", async () => {
    const [source, target, folder] = [await freshStore("sqlite"), await freshStore(kind), tempDir()];
    await addSessions(source, 3);
    const { id } = await migrated(source, target);
    await withLog(target, (log) => archiveBefore(log, 3, join(tempDir(), "old.jsonl.gz")));
    const before = await everyByte(target);
    const rolledBack = migratorIn(folder).rollbackMigration(id, { target });
    await expect(rolledBack).rejects.toMatchObject({ name: "ArchivedError", code: "ARCHIVED", lastArchived: 2 });
    await expect(migratorIn().planRollback(id, { target })).rejects.toMatchObject({ code: "ARCHIVED" });
    expect([readdirSync(folder), await everyByte(target)]).toEqual([[], before]);
  });

  test("is not rolled back where it is frozen: nothing is saved, switched or noted", async () => {
    const [source, target, folder] = [await freshStore("sqlite"), await freshStore(kind), tempDir()];
    await addSessions(source, 3);
    const { id } = await migrated(source, target);
    await withLog(target, (log) => log.freeze?.("jsonl:/elsewhere.jsonl") ?? Promise.reject(new Error("no freeze")));
    const before = await everyByte(target);
    const rolledBack = migratorIn(folder).rollbackMigration(id, { target });
    await expect(rolledBack).rejects.toMatchObject({ code: "LOG_MOVED", movedTo: "jsonl:/elsewhere.jsonl" });
    expect([readdirSync(folder), await everyByte(target)]).toEqual([[], before]);
  });
});
