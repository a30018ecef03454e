import { cpSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import type { EventLog } from "../../src/log/event-log.js";
import { executeMigration } from "../../src/migrate/execute-migration.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import { planMigration } from "../../src/migrate/plan-migration.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker } from "../support/worker.js";
import { addSessions, allLines, everyByte, freshStore, KINDS, type Kind, opened, withLog } from "./stores.js";

const WRITERS = 4;
const LIMIT_MS = 300_000;
const PAIRS: [Kind, Kind][] = [
  ["jsonl", "sqlite"],
  ["sqlite", "postgres"],
  ["postgres", "jsonl"],
];

function migratorIn(saveFolder = tempDir()): CrossDatabaseMigrator {
  return new CrossDatabaseMigrator({ actor: "user:test", saveFolder });
}

interface Written {
  readonly ids: string[];
  end?: { code?: string; movedTo?: string };
}

/** Reads what a writer says until it ends. */
async function follow(url: string, writer: number, written: Written): Promise<void> {
  const worker = spawnWorker("cut-over-writer", [url, String(writer)]);
  for await (const line of worker.lines) {
    const said = JSON.parse(line) as { id?: string };
    if (said.id === undefined) written.end = said as { code?: string };
    else written.ids.push(said.id);
  }
  expect(await worker.exit).toMatchObject({ code: 0 });
}

describe.each(PAIRS)("a cut-over %s → %s", (from, to) => {
  test("with writers at work: what was acknowledged is in the target, and nothing is in the source only", {
    timeout: LIMIT_MS,
  }, async () => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 5);
    const writers = Array.from({ length: WRITERS }, (): Written => ({ ids: [] }));
    const ends = Promise.all(writers.map((written, i) => follow(source, i, written)));
    await until("all writers are at work", () => writers.every(({ ids }) => ids.length > 0), LIMIT_MS);
    const migrator = migratorIn();
    const switched: string[] = [];
    const report = await migrator.executeMigration(await migrator.planMigration(source, target), {
      cutover: true,
      batchEvents: 50,
      switchConfig: async ({ target: address }) => void switched.push(address),
    });
    await ends;
    const lines = await allLines(source);
    expect(await allLines(target)).toEqual(lines);
    expect(report).toMatchObject({ events: lines.length, frozen: { offset: lines.length, hash: report.after.hash } });
    expect(switched).toEqual([report.target]);
    for (const { end } of writers) expect(end).toEqual({ code: "LOG_MOVED", movedTo: report.target });
    const ids = new Set((await withLog(target, (log) => allEvents(log), { readOnly: true })).map(({ id }) => id));
    expect(writers.flatMap((written) => written.ids).filter((id) => !ids.has(id))).toEqual([]);
    await withLog(target, async (log) => {
      expect(await verifyLog(log)).toMatchObject({ ok: true });
      expect(await new MigrationJournal(log).find("last")).toMatchObject({ state: "done", cutover: true });
      await appendCount(log, "session-goes-on", 1);
    });
    expect(await allLines(source)).toEqual(lines);
  });

  test("is rolled back: the target is what it was, and the source takes writers again", async () => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 3);
    const lines = await allLines(source);
    const migrator = migratorIn();
    const open = await opened(source);
    const { id } = await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
    await expect(appendCount(open, "session-a", 1)).rejects.toMatchObject({ code: "LOG_MOVED" });
    await migrator.rollbackMigration(id ?? "", { target });
    expect(await allLines(target)).toEqual([]);
    await appendCount(open, "session-a", 1);
    expect((await linesOf(open)).slice(0, -1)).toEqual(lines);
  });

  test.each([
    ["switching the configuration fails", new Error("no"), "no"],
    ["it is stopped before the freeze", undefined, "was stopped"],
  ])("where %s, the source takes writers again and the same command goes on", async (_case, failure, message) => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 3);
    const migrator = migratorIn();
    const stop = new AbortController();
    const request = {
      cutover: true,
      signal: stop.signal,
      onProgress: ({ phase }: { phase: string }) => {
        if (failure === undefined && phase === "verifying") stop.abort(new Error("stopped"));
      },
      switchConfig: () => (failure === undefined ? Promise.resolve(undefined) : Promise.reject(failure)),
    };
    const attempt = async () => migrator.executeMigration(await migrator.planMigration(source, target), request);
    await expect(attempt()).rejects.toThrow(message);
    await withLog(source, async (log) => {
      expect(await log.movedTo?.()).toBeNull();
      await appendCount(log, "session-a", 2);
    });
    const again = await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
    expect(again.frozen?.offset).toBe(8);
    expect(await allLines(target)).toEqual(await allLines(source));
  });
});

test("where the target goes away behind the switch, it is said that the source stays frozen, and resume ends it", async () => {
  const [source, target] = [await freshStore("jsonl"), await freshStore("postgres")];
  await addSessions(source, 2);
  const admin = await openAdmin(target);
  onTestFinished(() => admin.end());
  const schema = new URL(target).searchParams.get("schema");
  const migrator = migratorIn();
  const switchConfig = async () => {
    await admin.query(`ALTER TABLE "${schema}".sidecar RENAME TO away`);
    return undefined;
  };
  const plan = await migrator.planMigration(source, target);
  await expect(migrator.executeMigration(plan, { cutover: true, switchConfig })).rejects.toMatchObject({
    code: "MIGRATION_UNFINISHED",
    message: expect.stringContaining("stays frozen"),
    hint: expect.stringMatching(/migrate resume \S+ .*rollback/),
  });
  await admin.query(`ALTER TABLE "${schema}".away RENAME TO sidecar`);
  await expect(addSessions(source, 1, "later")).rejects.toMatchObject({ code: "LOG_MOVED" });
  const again = await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
  expect(again.frozen?.offset).toBe(4);
  await addSessions(target, 1, "later");
});

/** Killed (-9) between the freeze and the end. */
async function killedBehindFreeze(source: string, target: string): Promise<void> {
  await addSessions(source, 2);
  const worker = spawnWorker("migrator", [source, target, "10", "", "cutover"]);
  for await (const line of worker.lines) if (line.includes('"switching"')) worker.kill9();
  await worker.exit;
  await withLog(source, async (log) => {
    await expect(log.append({ stream: "s", events: [event()] }, ACTOR)).rejects.toMatchObject({ code: "LOG_MOVED" });
  });
}

describe.each(PAIRS)("a cut-over %s → %s that was killed behind the freeze", (from, to) => {
  test("is gone on with under its id, and the source stays frozen", async () => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await killedBehindFreeze(source, target);
    const migrator = migratorIn();
    const { frozen } = await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
    expect(frozen?.offset).toBe(4);
    await withLog(target, async (log) => {
      const { entries } = await new MigrationJournal(log).list();
      expect(entries).toMatchObject([{ state: "done", cutover: true, frozen: { offset: 4 }, after: { offset: 4 } }]);
    });
    await withLog(source, async (log) => {
      await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({ code: "LOG_MOVED" });
    });
  });

  test("is rolled back, and the source takes writers again", async () => {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await killedBehindFreeze(source, target);
    await migratorIn().rollbackMigration("last", { target });
    await withLog(source, (log) => appendCount(log, "session-a", 1));
    expect(await allLines(target)).toEqual([]);
  });
});

test("a source that has moved elsewhere already is not cut over, and stays as it is", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 2);
  const log = await opened(source);
  await log.freeze?.("jsonl:/elsewhere.jsonl");
  const migrator = migratorIn();
  const plan = await migrator.planMigration(source, target);
  await expect(migrator.executeMigration(plan, { cutover: true })).rejects.toMatchObject({ code: "LOG_MOVED" });
  expect(await log.movedTo?.()).toBe("jsonl:/elsewhere.jsonl");
});

test("a log that cannot be frozen, and a rebase, are refused before anything is written", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("sqlite")];
  await addSessions(source, 1, "here");
  await addSessions(target, 1, "there");
  const migrator = migratorIn();
  const before = await allLines(target);
  const plan = await migrator.planMigration(source, target);
  const refused = migrator.executeMigration(plan, { cutover: true, onConflict: "rebase" });
  await expect(refused).rejects.toMatchObject({ code: "CUTOVER_IMPOSSIBLE" });
  expect(await allLines(target)).toEqual(before);
});

describe.each(KINDS)("a log in %s that is named in two ways", (kind) => {
  test("is not cut over to itself: its writers would be sent to where they are refused", async () => {
    const source = await freshStore(kind);
    await addSessions(source, 2);
    const before = await everyByte(source);
    const other = otherNameOf(source);
    const migrator = migratorIn();
    const cutOver = async () =>
      migrator.executeMigration(await migrator.planMigration(source, other), { cutover: true });
    await expect(cutOver()).rejects.toMatchObject({ code: "TARGET_IS_SOURCE" });
    expect(await everyByte(source)).toEqual(before);
    await withLog(source, async (log) => {
      expect(await log.movedTo?.()).toBeNull();
      await appendCount(log, "session-goes-on", 1);
    });
  });
});

/** Of a file a link in another folder, of a server its other name. */
function otherNameOf(url: string): string {
  if (url.startsWith("postgres")) return url.replace("127.0.0.1", "localhost");
  const path = url.slice(url.indexOf(":") + 1);
  const folder = join(tempDir(), "link");
  symlinkSync(dirname(path), folder);
  return url.replace(dirname(path), folder);
}

describe.each(PAIRS)("behind a cut-over %s → %s", (from, to) => {
  test("going back is refused, also where both are equal: each would send its writers to the other", async () => {
    const { source, target, migrator } = await cutOver(from, to);
    const [there, here] = [await everyByte(target), await everyByte(source)];
    const plan = await migrator.planMigration(target, source);
    expect(plan.obstacles).toMatchObject([{ code: "LOG_MOVED" }]);
    for (const cutover of [true, false]) {
      const back = migrator.executeMigration(plan, { cutover });
      await expect(back).rejects.toMatchObject({ name: "MovedError", code: "LOG_MOVED" });
    }
    expect([await everyByte(target), await everyByte(source)]).toEqual([there, here]);
  });

  test("what was written since comes back with a rollback and a restore, as the hint says", async () => {
    const { source, target, migrator } = await cutOver(from, to);
    await addSessions(target, 2, "since");
    const lines = await allLines(target);
    const { obstacles } = await migrator.planMigration(target, source);
    expect(obstacles[0]?.hint).toMatch(/rollback last --force .*restore FILE/);
    const { savedAs } = await migrator.rollbackMigration("last", { target, force: true });
    await migrator.restore(savedAs ?? "", source);
    expect(await allLines(source)).toEqual(lines);
    await withLog(source, (log) => appendCount(log, "session-goes-on", 1));
  });
});

async function cutOver(from: Kind, to: Kind) {
  const [source, target] = [await freshStore(from), await freshStore(to)];
  await addSessions(source, 2);
  const migrator = migratorIn();
  await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
  return { source, target, migrator };
}

test("a cut-over to one name of a server is rolled back under another: its source takes writers again", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("postgres")];
  await addSessions(source, 2);
  const migrator = migratorIn();
  await migrator.executeMigration(await migrator.planMigration(source, target), { cutover: true });
  await migrator.rollbackMigration("last", { target: otherNameOf(target) });
  await withLog(source, (log) => appendCount(log, "session-goes-on", 1));
});

test.each(["sqlite", "jsonl"] as const)(
  "a copy of the %s that writers were moved to is not rolled back",
  async (kind) => {
    const { source, target, migrator } = await cutOver("jsonl", kind);
    const copy = join(tempDir(), "copy");
    cpSync(dirname(target.slice(kind.length + 1)), copy, { recursive: true });
    const copied = `${kind}:${join(copy, basename(target))}`;
    const back = migrator.rollbackMigration("last", { target: copied, force: true });
    await expect(back).rejects.toMatchObject({ code: "ROLLBACK_IMPOSSIBLE", hint: expect.stringContaining(target) });
    await expect(addSessions(source, 1, "refused")).rejects.toMatchObject({ code: "LOG_MOVED" });
    const moved = dirname(target.slice(kind.length + 1));
    rmSync(moved, { recursive: true });
    renameSync(copy, `${moved}-2`);
    const at = `${kind}:${join(`${moved}-2`, basename(target))}`;
    expect(await migrator.rollbackMigration("last", { target: at })).toMatchObject({ target: at, tail: { offset: 0 } });
    await addSessions(source, 1, "taken");
  },
);

test("a source on a server that only reads here is not frozen, and nobody says that it refuses writers", async () => {
  const [source, target] = [await freshStore("postgres"), await freshStore("sqlite")];
  await addSessions(source, 2);
  const url = new URL(source);
  url.searchParams.set("options", "-c default_transaction_read_only=on");
  const migrator = migratorIn();
  const plan = await migrator.planMigration(url.href, target);
  const moving = migrator.executeMigration(plan, { cutover: true });
  await expect(moving).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
  await addSessions(source, 1, "goes-on");
});

test("a source whose lock another program holds is not frozen, and that is what is said", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 2);
  const holder = new Database(source.slice("sqlite:".length));
  onTestFinished(() => void holder.close());
  const migrator = new CrossDatabaseMigrator({
    actor: "user:test",
    saveFolder: tempDir(),
    open: { lockTimeoutMs: 200 },
  });
  const plan = await migrator.planMigration(source, target);
  holder.exec("BEGIN IMMEDIATE");
  await expect(migrator.executeMigration(plan, { cutover: true })).rejects.toMatchObject({ code: "LOG_LOCKED" });
  holder.exec("ROLLBACK");
  await withLog(source, (log) => appendCount(log, "session-goes-on", 1));
});

test.each(KINDS)("%s: a source that another cut-over has frozen meanwhile stays frozen for that one", async (kind) => {
  const [source, target] = [await freshStore(kind), await freshStore("jsonl")];
  await addSessions(source, 2);
  await withLog(source, (from) =>
    withLog(target, async (to) => {
      const moving = executeMigration(await planMigration(from, to), frozenBehindALook(from), to, {
        actor: "user:test",
        saveFolder: tempDir(),
        cutover: true,
      });
      await expect(moving).rejects.toMatchObject({ code: "LOG_MOVED", movedTo: "jsonl:/elsewhere.jsonl" });
      expect(await from.movedTo?.()).toBe("jsonl:/elsewhere.jsonl");
    }),
  );
});

/** A log that somebody else moves just after he who asks has heard that it has not moved. */
function frozenBehindALook(log: EventLog): EventLog {
  let looks = 0;
  const movedTo = async () => {
    const answer = await log.movedTo?.();
    if (looks++ === 0) await log.freeze?.("jsonl:/elsewhere.jsonl");
    return answer;
  };
  return new Proxy(log, {
    get(target, name) {
      const value: unknown = name === "movedTo" ? movedTo : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
