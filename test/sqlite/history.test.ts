import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { MAX_PAGE_EVENTS } from "../../src/log/event-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { tempDir } from "../support/temp.js";

const ACTOR = { actor: "user:test" };

async function logOf(count: number): Promise<{ log: SqliteLog; other: SqliteLog; raw: Database.Database }> {
  const file = join(tempDir(), "log.db");
  const log = await SqliteLog.open(file);
  await append(log, count);
  const other = await SqliteLog.open(file);
  const raw = new Database(file);
  onTestFinished(async () => {
    raw.close();
    await Promise.all([log.close(), other.close()]);
  });
  return { log, other, raw };
}

async function append(log: SqliteLog, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ type: "test.counted", data: { n } }));
  await log.append({ stream: "session-a", events }, ACTOR);
}

function expectGuarded(raw: Database.Database): void {
  for (const change of ["UPDATE events SET actor = 'user:mallory'", "DELETE FROM events"]) {
    expect(() => raw.exec(change)).toThrow("events are append-only");
  }
}

test("UPDATE and DELETE are refused by the database, also after the log was cut back", async () => {
  const { log, raw } = await logOf(5);
  expectGuarded(raw);
  await log.truncateAfter(2, await log.tail());
  expectGuarded(raw);
  expect(raw.prepare("SELECT count(*) FROM events").pluck().get()).toBe(2);
});

test("a cut that is refused leaves the guard in place", async () => {
  const { log, raw } = await logOf(2);
  const old = await log.tail();
  await append(log, 1);
  await expect(log.truncateAfter(0, old)).rejects.toMatchObject({ code: "CHAIN_BREAK" });
  expectGuarded(raw);
});

for (const read of ["readAll", "readStream"] as const) {
  const pagesOf = (log: SqliteLog) => (read === "readAll" ? log.readAll() : log.readStream("session-a"));

  test(`${read}: a log that is cut back under a reader is an error, not a short answer`, async () => {
    const { log, other } = await logOf(MAX_PAGE_EVENTS + 10);
    const pages = pagesOf(log);
    await pages.next();
    await other.truncateAfter(MAX_PAGE_EVENTS, await other.tail());
    await expect(pages.next()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  });

  test(`${read}: a log that was cut back and has grown again is an error, not a mixture of two histories`, async () => {
    const { log, other } = await logOf(MAX_PAGE_EVENTS + 10);
    const pages = pagesOf(log);
    await pages.next();
    await other.truncateAfter(10, await other.tail());
    await append(other, MAX_PAGE_EVENTS + 10);
    await expect(pages.next()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  });
}

test("an event that vanished from the middle is an error that names its offset", async () => {
  const { log, raw } = await logOf(5);
  raw.exec(`DROP TRIGGER events_no_delete; DELETE FROM events WHERE "offset" = 3`);
  await expect(log.readAll().next()).rejects.toMatchObject({ code: "EVENTS_MISSING", offset: 3 });
});

test("a row that is no event is an error that names its offset", async () => {
  const { log, raw } = await logOf(3);
  raw.exec(`DROP TRIGGER events_no_update; UPDATE events SET data = NULL WHERE "offset" = 2`);
  await expect(log.readAll().next()).rejects.toMatchObject({ code: "EVENT_DAMAGED", offset: 2 });
});

test("a row that is no event does not disturb who reads its stream up to the event before it", async () => {
  const { log, raw } = await logOf(3);
  raw.exec(`DROP TRIGGER events_no_update; UPDATE events SET data = NULL WHERE "offset" = 3`);
  const { value } = await log.readStream("session-a", { toOffset: 2 }).next();
  expect((value as readonly { offset: number }[]).map(({ offset }) => offset)).toEqual([1, 2]);
  await expect(log.readStream("session-a").next()).rejects.toMatchObject({ code: "EVENT_DAMAGED", offset: 3 });
});

test("a version that vanished from the middle of a stream is an error, whatever the bounds", async () => {
  const { log, raw } = await logOf(5);
  raw.exec(`DROP TRIGGER events_no_delete; DELETE FROM events WHERE "offset" = 3`);
  for (const range of [{}, { from: 3 }, { toOffset: 4 }, { to: 4 }]) {
    await expect(log.readStream("session-a", range).next()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  }
});
