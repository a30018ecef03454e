import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { MigrationAdapter } from "../../src/cross-database/migration-adapter.js";
import { recomputeHash } from "../../src/log/event.js";
import { decodeLine } from "../../src/log/event-line.js";
import { GENESIS_HASH } from "../../src/log/hash-chain.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import type { JournalEntry } from "../../src/migrate/journal-entry.js";
import { planRestore, restoreFile } from "../../src/migrate/restore-file.js";
import { saveEvents } from "../../src/migrate/save-events.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { setMark } from "../../src/session/set-mark.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { addSessions, allLines, everyByte, freshStore, KINDS, opened, withLog } from "./stores.js";

const migrator = new CrossDatabaseMigrator({ actor: "user:test", saveFolder: tempDir() });

async function backedUp(sessions = 3): Promise<{ source: string; file: string }> {
  const source = await freshStore("sqlite");
  await addSessions(source, sessions);
  const file = join(tempDir(), "b.jsonl");
  await new MigrationAdapter(source).createBackup(file);
  return { source, file };
}

describe.each(KINDS)("a backup of %s", (kind) => {
  test("is one file that is a log itself, and restores anywhere", async () => {
    const source = await freshStore(kind);
    await addSessions(source, 3);
    const file = join(tempDir(), "deep", "b.jsonl");
    const bytes = await everyByte(source);
    expect(await new MigrationAdapter(source).createBackup(file)).toMatchObject({
      first: 1,
      events: 6,
      tail: { offset: 6 },
    });
    expect(await everyByte(source)).toEqual(bytes);
    expect(await allLines(`jsonl:${file}`)).toEqual(await allLines(source));
    for (const other of KINDS) {
      const target = await freshStore(other);
      expect(await migrator.restore(file, target, { dryRun: true })).toMatchObject({ id: null, plan: { events: 6 } });
      expect(await migrator.restore(file, target)).toMatchObject({ tail: { offset: 6 } });
      expect(await allLines(target)).toEqual(await allLines(source));
      expect(await migrator.restore(file, target)).toMatchObject({ id: null, plan: { events: 0 } });
    }
  });

  test("taken while others write holds whole appends only", async () => {
    const source = await freshStore(kind);
    const writer = await opened(source);
    await appendCount(writer, "session-a", 1);
    let writing = true;
    const work = (async () => {
      for (let i = 0; writing; i++)
        await writer.append({ stream: `session-${i % 3}`, events: [event(), event()] }, ACTOR);
    })();
    for (let i = 0; i < 3; i++) {
      const file = join(tempDir(), `b${i}.jsonl`);
      await new MigrationAdapter(source).createBackup(file);
      await withLog(`jsonl:${file}`, async (log) => expect(await verifyLog(log)).toMatchObject({ ok: true }));
    }
    writing = false;
    await work;
  });
});

test("restoring as of any point gives the log as it was then", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
      fc.nat(40),
      async (appends, point) => {
        const source = new MemoryLog();
        for (const count of appends) {
          await source.append({ stream: "session-a", events: Array.from({ length: count }, () => event()) }, ACTOR);
        }
        const { offset: end } = await source.tail();
        const asOf = point % (end + 1);
        const file = join(tempDir(), "b.jsonl");
        await saveEvents(source, { from: 1, to: end }, file);
        const target = new MemoryLog();
        await restoreFile(target, await planRestore(file, target, { asOf }), { actor: "user:test" });
        const cut = new MemoryLog();
        await cut.appendSealed(await allEvents(source));
        await cut.truncateAfter(asOf, await cut.tail());
        expect(await linesOf(target)).toEqual(await linesOf(cut));
      },
    ),
    { numRuns: 40 },
  );
});

test("as of a time, and points outside the file", async () => {
  const { source, file } = await backedUp();
  const events = await withLog(source, allEvents);
  const time = new Date(events[2]?.recordedAt ?? "");
  const { plan } = await migrator.restore(file, await freshStore("jsonl"), { asOf: time });
  expect(plan.after.offset).toBe(events.findLast(({ recordedAt }) => recordedAt <= time.toISOString())?.offset);
  expect((await migrator.restore(file, await freshStore("jsonl"), { asOf: new Date(0) })).plan.events).toBe(0);
  await expect(migrator.restore(file, await freshStore("jsonl"), { asOf: 7 })).rejects.toMatchObject({
    code: "POINT_OUTSIDE",
  });
});

test("as of a place that the log in the file names", async () => {
  const source = await freshStore("sqlite");
  await addSessions(source, 2);
  await withLog(source, (log) => setMark(log, "here", { at: 3, actor: "user:test" }));
  const file = join(tempDir(), "b.jsonl");
  await withLog(source, (log) => saveEvents(log, { from: 1, to: 5 }, file));
  const piece = join(tempDir(), "piece.jsonl");
  await withLog(source, (log) => saveEvents(log, { from: 3, to: 5 }, piece));
  for (const [asOf, offset] of [
    ["mark:here", 3],
    ["HEAD~3", 2],
    ["head", 5],
    ["1h", 0],
    ["0", 0],
  ] as const) {
    const seen: string[] = [];
    const target = await freshStore("jsonl");
    const { tail } = await migrator.restore(file, target, { asOf, onAsOf: ({ meaning }) => void seen.push(meaning) });
    expect([asOf, tail.offset, seen.length]).toEqual([asOf, offset, 1]);
  }
  const target = await freshStore("jsonl");
  for (const [asOf, code] of [
    ["mark:nowhere", "MARK_NOT_FOUND"],
    ["HEAD~9", "POINT_OUTSIDE"],
    ["v2", "POINT_INVALID"],
    ["soon", "POINT_INVALID"],
  ] as const) {
    await expect(migrator.restore(file, target, { asOf })).rejects.toMatchObject({ code });
  }
  await expect(migrator.restore(piece, target, { asOf: "mark:here" })).rejects.toMatchObject({ code: "POINT_INVALID" });
  expect(await everyByte(target)).toEqual([]);
  await migrator.restore(file, target, { asOf: 2 });
  expect((await migrator.restore(piece, target, { asOf: "HEAD~1" })).tail.offset).toBe(4);
});

/** The same lines with hashes that fit, as somebody makes them who has changed one. */
function hashedAnew(text: string): string {
  let before = GENESIS_HASH;
  const lines = text.split("\n").map((line) => {
    if (line === "") return line;
    before = recomputeHash(before, decodeLine(line));
    return line.replace(/"hash":"[0-9a-f]{64}"/, `"hash":"${before}"`);
  });
  return lines.join("\n");
}

describe("a file that is not as it was written is refused before the target is touched", () => {
  const damages: [string, string, (text: string) => string][] = [
    ["a flipped character", "CHAIN_BROKEN", (text) => text.replace("b2", "b3")],
    ["a line that is missing", "CHAIN_BROKEN", (text) => text.split("\n").toSpliced(2, 1).join("\n")],
    [
      "lines in another order",
      "CHAIN_BROKEN",
      (text) =>
        text
          .split("\n")
          .toSpliced(1, 2, ...text.split("\n").slice(1, 3).reverse())
          .join("\n"),
    ],
    ["a last line that is cut off", "LINE_DAMAGED", (text) => text.slice(0, -10)],
    ["a last line without its end", "LINE_DAMAGED", (text) => text.slice(0, -1)],
    ["text that is no event", "LINE_DAMAGED", (text) => `${text}hello\n`],
    ["an empty line", "LINE_DAMAGED", (text) => text.replace("\n", "\n\n")],
    [
      "a stream that lacks its first event, under hashes that fit",
      "CHAIN_BROKEN",
      (text) =>
        hashedAnew(
          text
            .replace(/"version":1(?=[^\n]*session-s-2)/, '"version":2')
            .replace(/"version":2(?=[^\n]*session-s-2[^\n]*updated)/, '"version":3'),
        ),
    ],
    ["a newer format", "LINE_FORMAT_UNKNOWN", (text) => text.replace('"v":1', '"v":2')],
  ];
  test.each(damages)("%s: %s", async (_what, code, damage) => {
    const { file } = await backedUp();
    const text = readFileSync(file, "utf8");
    expect(damage(text)).not.toBe(text);
    writeFileSync(file, damage(text));
    const target = await freshStore("sqlite");
    await expect(migrator.restore(file, target)).rejects.toMatchObject({ code });
    expect(existsSync(target.slice("sqlite:".length))).toBe(false);
  });

  test("bytes that are no UTF-8, and a file that is not there", async () => {
    const { file } = await backedUp();
    appendFileSync(file, Buffer.from([0xff, 0xfe, 0x0a]));
    await expect(migrator.restore(file, await freshStore("jsonl"))).rejects.toMatchObject({ code: "LINE_DAMAGED" });
    await expect(migrator.restore(`${file}.none`, await freshStore("jsonl"))).rejects.toMatchObject({
      code: "BACKUP_NOT_FOUND",
    });
    await expect(migrator.restore(dirname(file), await freshStore("jsonl"))).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
    });
  });
});

test("a file is restored only where it continues what is there", async () => {
  const { source, file } = await backedUp();
  const piece = join(tempDir(), "piece.jsonl");
  await withLog(source, (log) => saveEvents(log, { from: 3, to: 6 }, piece));
  await expect(migrator.restore(piece, await freshStore("jsonl"))).rejects.toMatchObject({ code: "RESTORE_GAP" });
  const other = await freshStore("jsonl");
  await addSessions(other, 1, "other");
  const lines = await allLines(other);
  for (const path of [file, piece])
    await expect(migrator.restore(path, other)).rejects.toMatchObject({ code: "LOGS_DIVERGED" });
  await addSessions(other, 5, "others");
  for (const path of [file, piece])
    await expect(migrator.restore(path, other)).rejects.toMatchObject({ code: "LOGS_DIVERGED" });
  expect((await allLines(other)).slice(0, 2)).toEqual(lines);
  const started = await freshStore("jsonl");
  await migrator.restore(file, started, { asOf: 2 });
  expect(await migrator.restore(piece, started)).toMatchObject({ plan: { from: 3, to: 6, events: 4 } });
  expect(await allLines(started)).toEqual(await allLines(source));
});

test.each([
  ["no end of a line", [0x1f, 0x8b, 0x08, 0x00]],
  ["a line that is no UTF-8", [0x1f, 0x8b, 0x08, 0x0a]],
  ["an empty line", [0x1f, 0x8b, 0x0a, 0x0a]],
])("a compressed file is told as that, whatever its bytes are: %s", async (_what, bytes) => {
  const file = join(tempDir(), "b.jsonl.gz");
  writeFileSync(file, Buffer.from(bytes));
  const message = expect.stringContaining("is compressed");
  await expect(planRestore(file, undefined)).rejects.toMatchObject({ code: "LINE_DAMAGED", message });
});

test("a file that comes to stand in its place while a backup is written stays as it is", async () => {
  const log = new MemoryLog();
  await appendCount(log, "session-a", 2);
  const folder = tempDir();
  const file = join(folder, "b.jsonl");
  const onProgress = () => writeFileSync(file, "somebody's");
  await expect(saveEvents(log, { from: 1, to: 2 }, file, { onProgress })).rejects.toMatchObject({
    code: "OUTPUT_EXISTS",
  });
  expect([readFileSync(file, "utf8"), readdirSync(folder)]).toEqual(["somebody's", ["b.jsonl"]]);
  await saveEvents(log, { from: 1, to: 2 }, file, { onProgress, overwrite: true });
  expect(readFileSync(file, "utf8")).toBe((await linesOf(log)).join(""));
});

test("a restoring that was killed behind its last event is ended by doing it again; not where others have gone on", async () => {
  const { file } = await backedUp();
  const target = await freshStore("sqlite");
  const restored = await migrator.restore(file, target);
  const killed = () =>
    withLog(target, async (log) => {
      const journal = new MigrationJournal(log);
      const [done] = (await journal.list()).entries;
      const nobody = { pid: 2 ** 22 - 1, state: "running", endedAt: null, after: null, events: 0 } as const;
      await journal.write({ ...(done as JournalEntry), ...nobody });
    });
  const state = () =>
    withLog(target, async (log) => (await new MigrationJournal(log).list()).entries.map((entry) => entry.state));
  await killed();
  expect(await migrator.restore(file, target, { dryRun: true })).toMatchObject({ id: null });
  expect(await state()).toEqual(["running"]);
  expect(await migrator.restore(file, target)).toMatchObject({ id: restored.id, tail: restored.tail });
  expect(await state()).toEqual(["done"]);
  await killed();
  await withLog(target, (log) => appendCount(log, "session-z", 1));
  expect(await migrator.restore(file, target)).toMatchObject({ id: null });
  expect(await state()).toEqual(["running"]);
});

test("a backup overwrites nothing, and leaves no file where it fails", async () => {
  const { source, file } = await backedUp();
  await expect(new MigrationAdapter(source).createBackup(file)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
  const broken = new MemoryLog();
  await appendCount(broken, "session-a", 2);
  const lying = new Proxy(broken, {
    get(target, key) {
      if (key !== "readAll") return Reflect.get(target, key)?.bind?.(target) ?? Reflect.get(target, key);
      return async function* () {
        yield (await allEvents(broken)).slice(0, 1);
      };
    },
  });
  const folder = tempDir();
  await expect(saveEvents(lying, { from: 1, to: 2 }, join(folder, "x.jsonl"))).rejects.toMatchObject({
    code: "BACKUP_UNREADABLE",
  });
  expect(readdirSync(folder)).toEqual([]);
  const path = join(folder, "empty.jsonl");
  expect(await new MigrationAdapter("memory:").validateIntegrity().catch((error) => error.code)).toMatchObject({
    ok: true,
  });
  const empty = await freshStore("sqlite");
  await withLog(empty, async () => 0);
  expect(await new MigrationAdapter(empty).createBackup(path)).toMatchObject({ events: 0, first: 0 });
  expect(await migrator.restore(path, await freshStore("jsonl"))).toMatchObject({ id: null });
});

test("an adapter carries events from any store to any other", async () => {
  const [source, target] = [await freshStore("postgres"), await freshStore("jsonl")];
  await addSessions(source, 2);
  const [from, to] = [
    new MigrationAdapter(source),
    new MigrationAdapter({ backend: "jsonl", json: { filePath: target.slice(6) } }),
  ];
  expect(await to.importData(from.exportData({ to: 2 }))).toMatchObject({ offset: 2 });
  expect(await to.importData(from.exportData({ from: 3 }))).toMatchObject({ offset: 4 });
  expect(await to.validateIntegrity()).toMatchObject({ ok: true, verified: 4 });
  await expect(to.importData(from.exportData())).rejects.toMatchObject({ code: "CHAIN_BREAK" });
  expect(await allLines(target)).toEqual(await allLines(source));
});
