import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linesOf } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { erase } from "../../src/erasure/erase.js";
import { planErasure } from "../../src/erasure/plan-erasure.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { saveEvents } from "../../src/migrate/save-events.js";
import { SessionStore } from "../../src/session/session-store.js";
import { freshStore, opened, PAIRS, withLog } from "../migrate/stores.js";
import { tempDir } from "../support/temp.js";
import { CANARY, canaryIn } from "./canary.js";

async function told(url: string): Promise<void> {
  await withLog(url, async (log) => {
    const store = new SessionStore(log, { actor: "user:ada" });
    await store.create({ session: "a", title: CANARY, branch: "main" });
    for (let i = 0; i < 4; i++) await store.update("a", { commitCount: i });
  });
}

test.each(PAIRS)(
  "%s → %s: a differential migration carries a redaction over to a target that held the data",
  async (from, to) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await told(source);
    const migrator = new CrossDatabaseMigrator({ actor: "user:ada" });
    const migrate = async () => migrator.executeMigration(await migrator.planMigration(source, target));
    await migrate();
    expect(await canaryIn(target)).not.toEqual([]);
    await withLog(source, (log) => erase(log, { path: "/title" }, { reason: "a token" }));
    await migrate();
    expect(await canaryIn(source)).toEqual([]);
    expect(await canaryIn(target)).toEqual([]);
    expect(await withLog(target, linesOf)).toEqual(await withLog(source, linesOf));
  },
);

test("a redacted log is copied, saved and restored as it is; an older file brings the data back only where it is new", async () => {
  const [source, copy] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await told(source);
  const folder = tempDir();
  const [old, after] = [join(folder, "old.jsonl"), join(folder, "after.jsonl")];
  const save = (file: string) =>
    withLog(source, async (log) => saveEvents(log, { from: 1, to: (await log.tail()).offset }, file));
  await save(old);
  await withLog(source, (log) => erase(log, { session: "a" }));
  await save(after);
  const log = await opened(source);
  await copyLog(log, await opened(copy));
  expect(await canaryIn(copy)).toEqual([]);
  const migrator = new CrossDatabaseMigrator({ actor: "user:ada" });
  // The beginning from a file of before, the rest from one of after: the record in it takes the data away again.
  const fresh = await freshStore("postgres");
  await migrator.restore(old, fresh);
  expect(await canaryIn(fresh)).not.toEqual([]);
  await migrator.restore(after, fresh);
  expect(await canaryIn(fresh)).toEqual([]);
  expect(await withLog(fresh, linesOf)).toEqual(await linesOf(log));
});

test("a plan names the copies that are known: sources of migrations and files beside the log", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("sqlite")];
  await told(source);
  const migrator = new CrossDatabaseMigrator({ actor: "user:ada" });
  await migrator.executeMigration(await migrator.planMigration(source, target));
  const path = target.slice("sqlite:".length);
  writeFileSync(`${path}.bak`, CANARY);
  const plan = () => withLog(target, (log) => planErasure(log, { session: "a" }));
  const { remains } = await plan();
  expect(remains.join("\n")).toContain(`${source}, from which migration`);
  expect(remains.join("\n")).toContain(`${path}.bak, beside the log`);
  expect(remains.at(-1)).toMatch(/^backups, exports/);
  rmSync(`${path}.bak`);
  expect((await plan()).remains.join("\n")).not.toContain(".bak");
});
