import { rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { allEvents, event, linesOf } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { asUser, openAdmin, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (log: EventLog, stream: string, data: unknown = {}) =>
  log.append({ stream, events: [event("t", data)] }, ACTOR);

async function opened(url: string, archives: readonly string[] = []): Promise<EventLog> {
  const log = await openLog(url, { archives, pollMs: 50 });
  onTestFinished(() => log.close());
  return log;
}

/** 1 old, 2 old, 3 a, 4 b, of which the first three are archived. */
async function archived(): Promise<{
  url: string;
  log: EventLog;
  before: EventLog;
  events: SealedEvent[];
  file: string;
}> {
  const url = await freshPostgresUrl();
  const [log, before] = [await opened(url), await opened(url)];
  for (const stream of ["old", "old", "a"]) await append(log, stream);
  await append(before, "b");
  const events = await allEvents(log);
  const file = join(tempDir(), "a.jsonl.gz");
  await archiveBefore(log, "HEAD", file);
  return { url, log, before, events, file };
}

describe("who had the log open before its beginning was archived", () => {
  test("meets the versions that archived streams have", async () => {
    const { before } = await archived();
    const fresh = before.append({ stream: "old", expectedVersion: 0, events: [event()] }, ACTOR);
    await expect(fresh).rejects.toMatchObject({ code: "VERSION_CONFLICT", expected: 0, actual: 2 });
    expect((await append(before, "old")).events[0]).toMatchObject({ offset: 5, version: 3 });
    expect((await append(before, "a")).events[0]).toMatchObject({ offset: 6, version: 2 });
  });

  test("meets archived ids, also where another event comes with them", async () => {
    const { before, events } = await archived();
    const { id } = events[0] as SealedEvent;
    const twice = { stream: "x", events: [event("t", {}), event("t", {}, { id })] };
    await expect(before.append(twice, ACTOR)).rejects.toMatchObject({ code: "ARCHIVED" });
    expect((await before.tail()).offset).toBe(4);
  });

  test("reads the file, or is told that it is archived; never less", async () => {
    const { before, events, file } = await archived();
    expect((await allEvents(before)).map(({ hash }) => hash)).toEqual(events.map(({ hash }) => hash));
    expect((await before.readLast("old"))?.version).toBe(2);
    rmSync(file);
    const without = await opened((await archived()).url);
    expect(await without.readLast("never")).toBeUndefined();
  });

  test("and is of an older program, cannot write what is archived a second time", async () => {
    const { url, events } = await archived();
    const admin = await openAdmin(url);
    const [first, last] = [events[0] as SealedEvent, events[3] as SealedEvent];
    const insert = (offset: number, version: number, id: string, stream: string) =>
      admin.query(
        `INSERT INTO ${schemaOf(url)}.events ("offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash)
         VALUES ($1, $1, $2, $3, $4, $5, 't', 'user:x', '{}', '{}', '00', '00')`,
        [offset, version, last.recordedAt, id, stream],
      );
    const id = "0190a000-0000-7000-8000-00000000abcd";
    for (const [offset, version, eventId, stream] of [
      [2, 9, id, "new"],
      [5, 1, id, "old"],
      [5, 9, first.id, "new"],
    ] as const) {
      await expect(insert(offset, version, eventId, stream)).rejects.toMatchObject({ code: "23505" });
    }
    await insert(5, 1, id, "new");
  });

  test("has looked before the archive, and does not write behind what has gone", async () => {
    const url = await freshPostgresUrl();
    const [other, admin, schema] = [await opened(url), await openAdmin(url), schemaOf(url)];
    const user = `s_${schema}`;
    await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${user};
      GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
    const log = await openLog(asUser(url, user), { mustExist: true });
    // Row security makes each look at an event wait for a lock that the test holds, in the middle of the statement.
    await admin.query(`CREATE FUNCTION ${schema}.pause() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtext('${schema}')); RETURN true; END $$;
      ALTER TABLE ${schema}.events ENABLE ROW LEVEL SECURITY;
      CREATE POLICY pause ON ${schema}.events USING (${schema}.pause())`);
    for (const data of [1, 2]) await append(log, "a", data);
    await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('${schema}'))`);
    const late = append(log, "a", "late");
    await untilWaiting(url, 1);
    for (const data of [3, 4, 5]) await append(other, "b", data);
    const archiving = archiveBefore(other, "HEAD", join(tempDir(), "a.jsonl.gz"));
    await untilWaiting(url, 2);
    await admin.query("COMMIT");
    expect(await archiving).toMatchObject({ from: 1, to: 4 });
    expect((await late).lastOffset).toBe(6);
    expect(await verifyLog(other)).toMatchObject({ ok: true, verified: 6 });
    await log.close();
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });
});

async function untilWaiting(url: string, count: number): Promise<void> {
  const admin = await openAdmin(url);
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0";
  await until(`${count} wait`, async () => (await admin.query(waiting, [schemaOf(url)])).rowCount === count);
}

describe("many at once", () => {
  test("append, read, archive and put back: nothing is lost, doubled or read by half", {
    timeout: 120_000,
  }, async () => {
    const url = await freshPostgresUrl();
    const folder = tempDir();
    const run = { ended: false };
    const acknowledged: string[] = [];
    const logs = await Promise.all(Array.from({ length: 5 }, () => opened(url, [folder])));
    const [archiver, reader, ...writers] = logs as [EventLog, EventLog, ...EventLog[]];
    await append(archiver, "begin");
    const working = writers.map((log, i) => appendUntil(log, `w${i}`, run, acknowledged));
    const reading = readUntil(reader, run);
    for (let round = 0; round < 6; round++) {
      const file = join(folder, `${round}.jsonl.gz`);
      const base = (await archiver.archives?.())?.at(-1)?.to ?? 0;
      await until("somebody appends", async () => (await archiver.tail()).offset > base + 20);
      await archiveBefore(archiver, "HEAD", file);
      if (round % 3 === 1) await restoreArchive(archiver, file);
    }
    run.ended = true;
    await Promise.all([...working, reading]);
    const ids = (await allEvents(archiver)).map(({ id }) => id);
    expect(ids.length).toBe(acknowledged.length + 1);
    expect(new Set([...ids, ...acknowledged]).size).toBe(ids.length);
    expect(await verifyLog(archiver)).toMatchObject({ ok: true, verified: ids.length });
  });

  test("put the same archive back: it is back once, and what was erased since stays so", async () => {
    const { url, log, events, file } = await archived();
    const others = await Promise.all([1, 2, 3].map(() => opened(url)));
    const done = await Promise.allSettled([log, ...others].map((one) => restoreArchive(one, file)));
    // Each may take what another one has put there for a leftover; then both are told, and the next one does it.
    for (const one of done)
      if (one.status === "rejected") expect(one.reason.code).toMatch(/^(CHAIN_BREAK|ARCHIVE_UNKNOWN)$/);
    await restoreArchive(log, file).catch((error) => expect(error.code).toBe("ARCHIVE_UNKNOWN"));
    expect((await allEvents(log)).map(({ hash }) => hash)).toEqual(events.map(({ hash }) => hash));
    expect(await log.archives?.()).toEqual([]);
    await log.redact?.({ offsets: [1] }, ACTOR);
    await expect(restoreArchive(others[0] as EventLog, file)).rejects.toMatchObject({ code: "ARCHIVE_UNKNOWN" });
    expect((await allEvents(log))[0]).toMatchObject({ redacted: true });
  });

  test("archive: one of them does, and the others are told", async () => {
    const url = await freshPostgresUrl();
    const folder = tempDir();
    const logs = await Promise.all([1, 2, 3].map(() => opened(url, [folder])));
    const [log] = logs as [EventLog];
    for (let i = 0; i < 50; i++) await append(log, `s${i % 7}`);
    const lines = await linesOf(log);
    const done = await Promise.allSettled(logs.map((one, i) => archiveBefore(one, 20 + i, join(folder, `${i}.gz`))));
    for (const one of done) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "CHAIN_BREAK" });
    expect(await linesOf(log)).toEqual(lines);
    await archiveBefore(log, "HEAD", join(folder, "rest.gz"));
    expect(await linesOf(log)).toEqual(lines);
    expect((await log.archives?.())?.at(-1)?.to).toBe(49);
  });
});

async function appendUntil(
  log: EventLog,
  name: string,
  run: { readonly ended: boolean },
  acknowledged: string[],
): Promise<void> {
  for (let i = 0; !run.ended; i++) {
    const own = log.append({ stream: name, expectedVersion: i, events: [event("t", { i })] }, ACTOR);
    const fresh = log.append({ stream: `${name}-${i}`, expectedVersion: 0, events: [event(), event()] }, ACTOR);
    for (const { events } of await Promise.all([own, fresh])) acknowledged.push(...events.map(({ id }) => id));
    const again = log.append({ stream: `${name}-${i >> 1}`, expectedVersion: 0, events: [event()] }, ACTOR);
    await expect(again).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
    await nextTurn();
  }
}

async function readUntil(log: EventLog, run: { readonly ended: boolean }): Promise<void> {
  while (!run.ended) {
    const { offset } = await log.tail();
    const offsets: number[] = [];
    for await (const page of log.readAll({ to: offset })) offsets.push(...page.map((one) => one.offset));
    expect(offsets.length).toBe(offset);
    expect((await log.readLast("begin"))?.version).toBe(1);
    expect(await log.offsetAt(new Date())).toBeGreaterThanOrEqual(offset);
  }
}

describe("room", () => {
  test("of archived events is taken by the next ones: the table does not grow meanwhile", {
    timeout: 60_000,
  }, async () => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await opened(url), await openAdmin(url)];
    const fill = async () => {
      for (let i = 0; i < 20; i++) {
        const events = Array.from({ length: 100 }, () => event("t", { text: "x".repeat(400) }));
        await log.append({ stream: `s${i}`, events }, ACTOR);
      }
    };
    const bytes = async () =>
      Number((await admin.query(`SELECT pg_relation_size('${schemaOf(url)}.events') AS size`)).rows[0]?.size);
    await fill();
    const full = await bytes();
    const folder = tempDir();
    let round = 0;
    // Others of the same server may look at what has gone for a while, which keeps it from being vacuumed.
    await until("the next events take the room", async () => {
      await archiveBefore(log, "HEAD", join(folder, `${round++}.jsonl.gz`));
      const before = await bytes();
      await fill();
      return (await bytes()) - before < full * 0.2;
    });
  });
});

describe("a log of an older program", () => {
  test("that is only looked at is read without the tables of archives", async () => {
    const { url, log } = await archivedNothing();
    const schema = schemaOf(url);
    const admin = await openAdmin(url);
    await admin.query(`SET search_path = ${schema}; DELETE FROM schema_migrations WHERE name >= '0005';
      DROP TABLE archives, archived_streams, archived_ids; DROP FUNCTION refuse_archived CASCADE`);
    const older = await openLog(url, { readOnly: true });
    expect((await allEvents(older)).length).toBe(2);
    expect(await older.readLast("never")).toBeUndefined();
    expect(await older.offsetAt(new Date("2020-01-01T00:00:00Z"))).toBe(0);
    expect(await older.archives?.()).toEqual([]);
    await older.close();
    await log.close();
  });
});

async function archivedNothing(): Promise<{ url: string; log: EventLog }> {
  const url = await freshPostgresUrl();
  const log = await opened(url);
  for (const stream of ["a", "b"]) await append(log, stream);
  return { url, log };
}
