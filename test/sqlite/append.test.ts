import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import { prepareAppend } from "../../src/log/prepare.js";
import { EMPTY_TAIL, seal } from "../../src/log/seal.js";
import { SqliteLog, type SqliteLogOptions } from "../../src/log/sql/sqlite/sqlite-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";
import { workerOutput } from "../support/worker.js";

const ACTOR = { actor: "user:test" };
const one = (data: unknown = {}, stream = "session-a") => ({ stream, events: [{ type: "test.happened", data }] });

async function openLog(file: string, options: SqliteLogOptions = {}): Promise<SqliteLog> {
  const log = await SqliteLog.open(file, options);
  onTestFinished(() => log.close());
  return log;
}

function rawOn(file: string): Database.Database {
  const db = new Database(file);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

test("a source of ids that repeats itself is told so, nothing is written, and the log goes on", async () => {
  const ids = [1, 1, 2].map((n) => `0190a000-0000-7000-8000-00000000000${n}`);
  const entropy = { newId: () => ids.shift() ?? "", newSalt: () => "0".repeat(32) };
  const log = await openLog(join(tempDir(), "log.db"), { entropy });
  await log.append(one({ n: 1 }), ACTOR);
  await expect(log.append(one({ n: 2 }), ACTOR)).rejects.toMatchObject({ code: "EVENT_ID_REUSED", offset: 1 });
  expect((await log.append(one({ n: 3 }), ACTOR)).firstOffset).toBe(2);
});

test("sealed events of one id are refused, and the hint does not lead to a verify that finds nothing", async () => {
  const entropy = { newId: () => "0190a000-0000-7000-8000-000000000001", newSalt: () => "0".repeat(32) };
  const prepared = [1, 2].map((n) => prepareAppend([one({ n })], ACTOR, entropy));
  const knowsNothing = { versionOf: () => 0, eventById: () => undefined };
  const first = seal(EMPTY_TAIL, prepared.slice(0, 1), knowsNothing, new Date(0));
  const second = seal(first.tail, prepared.slice(1), { ...knowsNothing, versionOf: () => 1 }, new Date(0));
  const log = await openLog(join(tempDir(), "log.db"));
  const refused = log.appendSealed([...first.events, ...second.events]);
  await expect(refused).rejects.toMatchObject({ code: "CHAIN_BREAK", hint: expect.stringContaining("events export") });
  expect((await log.tail()).offset).toBe(0);
});

test("an append waits for another writer without stopping the event loop, and then succeeds", async () => {
  const file = join(tempDir(), "log.db");
  const log = await openLog(file);
  const other = rawOn(file);
  other.exec("BEGIN IMMEDIATE");
  const appended = log.append(one(), ACTOR);
  let turns = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (++turns < 20) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  other.exec("ROLLBACK");
  expect((await appended).firstOffset).toBe(1);
});

test("a lock that is never given back ends in LOG_LOCKED after the limit; reading goes on meanwhile", async () => {
  const file = join(tempDir(), "log.db");
  const log = await openLog(file, { busyTimeoutMs: 50 });
  await log.append(one(), ACTOR);
  const other = rawOn(file);
  other.exec("BEGIN IMMEDIATE");
  await expect(log.append(one(), ACTOR)).rejects.toMatchObject({ code: "LOG_LOCKED" });
  expect((await log.tail()).offset).toBe(1);
  other.exec("ROLLBACK");
  expect((await log.append(one(), ACTOR)).firstOffset).toBe(2);
});

test("appends in a loop leave turns to the rest of the program", async () => {
  const log = await openLog(join(tempDir(), "log.db"));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const end = performance.now() + 5_000;
  while (turns < 3 && performance.now() < end) await log.append(one(), ACTOR);
  clearInterval(timer);
  expect(turns).toBe(3);
});

test("remembered versions of streams do not outlive a cut by somebody else", async () => {
  const file = join(tempDir(), "log.db");
  const log = await openLog(file);
  const other = await openLog(file);
  for (let i = 0; i < 3; i++) await log.append(one(), ACTOR);
  await other.truncateAfter(1, await other.tail());
  for (let i = 0; i < 2; i++) await other.append(one({}, "session-b"), ACTOR);
  const { events } = await log.append({ ...one(), expectedVersion: 1 }, ACTOR);
  expect([events[0]?.offset, events[0]?.version]).toEqual([4, 2]);
});

test("a disk that is full refuses the append; what was acknowledged stays, and the chain is whole", async () => {
  const file = join(tempDir(), "log.db");
  const [output] = await workerOutput("sqlite-appender", [file, "session-a", "500", "5000"], { fileBlocks: 600 });
  const printed = output as Record<string, number>;
  expect(printed.code).toMatch(/^(DISK_FULL|STORAGE_IO_ERROR|APPEND_OUTCOME_UNKNOWN)$/);
  expect(printed.acknowledged).toBeGreaterThan(0);
  expect(printed.tail).toBe(printed.acknowledged);
  const log = await openLog(file);
  expect((await log.tail()).offset).toBe(printed.acknowledged);
  expect(await verifyLog(log)).toMatchObject({ ok: true });
  expect((await log.append(one(), ACTOR)).firstOffset).toBe((printed.acknowledged ?? 0) + 1);
});

test("processes that start at once on an empty place make one log, and each gets its appends in", async () => {
  const file = join(tempDir(), "new", "log.db");
  const writers = ["a", "b", "c", "d"];
  const printed = await Promise.all(
    writers.map((name) => workerOutput("sqlite-appender", [file, `session-${name}`, "50"])),
  );
  for (const [one] of printed) expect(one).toMatchObject({ acknowledged: 50 });
  const log = await openLog(file);
  const counts = new Map<string, number>();
  for await (const { stream, version } of eventsOf(log.readAll())) counts.set(stream, version);
  expect([...counts.values()]).toEqual([50, 50, 50, 50]);
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 200 });
});
