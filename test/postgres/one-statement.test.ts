import type pg from "pg";
import { describe, expect, test } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import type { AppendResult } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import type { Tail } from "../../src/log/seal.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (log: PostgresLog, data: unknown, stream = "session-a") =>
  log.append({ stream, events: [{ type: "t", data }] }, ACTOR);

/** The event that would come next in a copy of `log`. */
async function nextEvent(log: PostgresLog): Promise<SealedEvent> {
  const copy = new MemoryLog();
  for await (const page of log.readAll()) await copy.appendSealed(page);
  const { events } = await copy.append({ stream: "session-b", events: [{ type: "t", data: "theirs" }] }, ACTOR);
  return events[0] as SealedEvent;
}

function insertSql(schema: string): string {
  return `INSERT INTO ${schema}.events ("offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
}

function valuesOf(event: SealedEvent): unknown[] {
  const { offset, commit, version, recordedAt, id, stream, type, actor, metaText, dataText, salt, hash } = event;
  return [offset, commit, version, recordedAt, id, stream, type, actor, metaText, dataText, salt, hash];
}

/** Short logs and long ones are asked for their tail in different ways. */
const LENGTHS = [0, 1000];

/** A log of so many events, and four more of one stream. */
async function fill(log: PostgresLog, length: number): Promise<void> {
  const events = Array.from({ length }, (_, data) => ({ type: "t", data }));
  if (length > 0) await log.append({ stream: "filler", events }, ACTOR);
  for (const data of [1, 2, 3, 4]) await append(log, data);
}

const datasOf = async (log: PostgresLog) => {
  const datas: unknown[] = [];
  for await (const { data } of eventsOf(log.readAll())) datas.push(data);
  return datas;
};

/** Until so many statements of this log wait for somebody's lock. */
async function untilWaiting(url: string, count: number): Promise<void> {
  const admin = await openAdmin(url);
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0";
  await until(`${count} wait`, async () => (await admin.query(waiting, [schemaOf(url)])).rowCount === count);
}

async function withRole(admin: pg.Client, schema: string, act: (user: string) => Promise<void>): Promise<void> {
  const user = `s_${schema}`;
  await admin.query(`CREATE ROLE ${user} LOGIN`);
  await act(user);
  await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
}

/** Of the four events the last two were cut off. */
async function assertLandedAfterCut(log: PostgresLog, { lastOffset }: AppendResult, length: number): Promise<void> {
  expect(lastOffset).toBe(length + 3);
  expect((await datasOf(log)).slice(length)).toEqual([1, 2, "late"]);
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: length + 3 });
}

describe("an append in one statement", () => {
  test.each([
    ["ROLLBACK", ["first", "ours"]],
    ["COMMIT", ["first", "theirs", "ours"]],
  ])("waits for who holds its offset, until the %s", async (end, expected) => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url), await openAdmin(url)];
    await append(log, "first");
    await admin.query("BEGIN");
    await admin.query(insertSql(schemaOf(url)), valuesOf(await nextEvent(log)));
    const ours = append(log, "ours");
    await untilWaiting(url, 1);
    await admin.query(end);
    expect((await ours).lastOffset).toBe(expected.length);
    expect(await datasOf(log)).toEqual(expected);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: expected.length });
  });

  test("of several events is written whole or not at all", async () => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url), await openAdmin(url)];
    await append(log, "first");
    const theirs = await nextEvent(log);
    await admin.query("BEGIN");
    await admin.query(insertSql(schemaOf(url)), valuesOf(theirs));
    const ours = log.append({ stream: "session-a", events: [1, 2, 3].map((data) => ({ type: "t", data })) }, ACTOR);
    await untilWaiting(url, 1);
    await admin.query("COMMIT");
    const { firstOffset, lastOffset } = await ours;
    expect([firstOffset, lastOffset]).toEqual([3, 5]);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 5 });
  });

  test.each(LENGTHS)("lands behind a cut that was under way, not behind what was cut off (%d)", async (length) => {
    const url = await freshPostgresUrl();
    const [log, other, admin] = [await openPostgres(url), await openPostgres(url), await openAdmin(url)];
    await fill(log, length);
    // Somebody who looks at an event that is to go holds up the cut in its middle.
    await admin.query(`BEGIN; SELECT 1 FROM ${schemaOf(url)}.events WHERE "offset" = ${length + 4} FOR SHARE`);
    const cut = other.truncateAfter(length + 2, await other.tail());
    await untilWaiting(url, 1);
    const late = append(log, "late");
    await admin.query("COMMIT");
    expect(await cut).toMatchObject({ offset: length + 2 });
    await assertLandedAfterCut(log, await late, length);
  });

  test("that has looked before a cut does not write after it", async () => {
    const url = await freshPostgresUrl();
    const [other, admin, schema] = [await openPostgres(url), await openAdmin(url), schemaOf(url)];
    await withRole(admin, schema, async (user) => {
      await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO ${user};
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
      const log = await openPostgres(asUser(url, user));
      // Row security makes each look at an event wait for a lock that the test holds, in the middle of the statement.
      await admin.query(`CREATE FUNCTION ${schema}.pause() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtext('${schema}')); RETURN true; END $$;
        ALTER TABLE ${schema}.events ENABLE ROW LEVEL SECURITY;
        CREATE POLICY pause ON ${schema}.events USING (${schema}.pause())`);
      await fill(log, 0);
      await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('${schema}'))`);
      const late = append(log, "late");
      await untilWaiting(url, 1);
      const cut = other.truncateAfter(2, await other.tail());
      await untilWaiting(url, 2);
      await admin.query("COMMIT");
      expect(await cut).toMatchObject({ offset: 2 });
      await assertLandedAfterCut(other, await late, 0);
      await log.close();
    });
  });

  test.each([
    ["read committed", 0],
    ["read committed", 1000],
    ["repeatable read", 0],
    ["serializable", 1000],
  ])("that waits for a cut looks after it: %s (%d)", async (level, length) => {
    const url = await freshPostgresUrl();
    const [admin, schema] = [await openAdmin(url), schemaOf(url)];
    await openPostgres(url);
    await withRole(admin, schema, async (user) => {
      await admin.query(
        `ALTER ROLE ${user} SUPERUSER; ALTER ROLE ${user} SET default_transaction_isolation = '${level}'`,
      );
      const log = await openPostgres(asUser(url, user));
      await fill(log, length);
      await admin.query(`BEGIN; LOCK TABLE ${schema}.events IN SHARE ROW EXCLUSIVE MODE`);
      const late = append(log, "late");
      await untilWaiting(url, 1);
      await admin.query(
        `SET LOCAL sessiondb.allow_change = 'on'; DELETE FROM ${schema}.events WHERE "offset" > ${length + 2}; COMMIT`,
      );
      await assertLandedAfterCut(log, await late, length);
      await log.close();
    });
  });

  test("sees that the log was cut and has grown to the same length", async () => {
    const url = await freshPostgresUrl();
    const [log, other] = [await openPostgres(url), await openPostgres(url)];
    for (const data of [1, 2, 3]) await append(log, data);
    await other.truncateAfter(1, await other.tail());
    for (const data of ["b", "c"]) await append(other, data);
    expect((await append(log, "d")).events[0]).toMatchObject({ offset: 4, version: 4 });
    await other.truncateAfter(0, await other.tail());
    expect((await append(log, "anew")).events[0]).toMatchObject({ offset: 1, version: 1 });
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 1 });
  });

  test("again and again leaves others their turn", async () => {
    const url = await freshPostgresUrl();
    const [busy, other] = [await openPostgres(url), await openPostgres(url)];
    let done = false;
    let appended = 0;
    const loop = async () => {
      for (; !done; appended++) await append(busy, appended);
    };
    const looping = loop();
    await until("it loops", () => appended > 20);
    for (let i = 0; i < 20; i++) await append(other, i, "session-b");
    done = true;
    await looping;
    expect(await verifyLog(other)).toMatchObject({ ok: true, verified: appended + 20 });
  });
});

describe("appends and cuts at the same time", () => {
  test.each([
    ["read committed", 1],
    ["read committed", 3],
    ["repeatable read", 3],
    ["serializable", 3],
  ])("lose nothing but what is cut: %s, %d writers", { timeout: 120_000 }, async (level, count) => {
    const url = await freshPostgresUrl();
    const admin = await openAdmin(url);
    await openPostgres(url);
    await withRole(admin, schemaOf(url), async (user) => {
      await admin.query(
        `ALTER ROLE ${user} SUPERUSER; ALTER ROLE ${user} SET default_transaction_isolation = '${level}'`,
      );
      const logs = await Promise.all(Array.from({ length: count + 1 }, () => openPostgres(asUser(url, user))));
      await cutAndAppend(logs as [PostgresLog, ...PostgresLog[]]);
      await Promise.all(logs.map((log) => log.close()));
    });
  });
});

async function cutAndAppend([cutter, ...writers]: readonly [PostgresLog, ...PostgresLog[]]): Promise<void> {
  const acknowledged = new Set<string>();
  let [cut, cuts] = [0, 0];
  for (let round = 0; cuts < 12; round++) {
    const tail = await cutter.tail();
    const cutting = cutOff(cutter, tail, 1 + (round % 4)).then((count) => {
      cut += count;
      if (count > 0) cuts++;
    });
    const writing = writers.map((log, writer) => appendSome(log, `session-${writer}`, round, acknowledged));
    await Promise.all([cutting, ...writing]);
  }
  let stored = 0;
  for await (const { id } of eventsOf(cutter.readAll())) {
    expect(acknowledged.has(id)).toBe(true);
    stored++;
  }
  expect(stored).toBe(acknowledged.size - cut);
  expect(await verifyLog(cutter)).toMatchObject({ ok: true, verified: stored });
}

async function appendSome(log: PostgresLog, stream: string, round: number, acknowledged: Set<string>): Promise<void> {
  for (const count of [1, 1 + (round % 9), 1, 1]) {
    const events = Array.from({ length: count }, (_, data) => ({ type: "t", data }));
    for (const { id } of (await log.append({ stream, events }, ACTOR)).events) acknowledged.add(id);
  }
}

/** @returns how many events were cut off: none where somebody has appended since `tail` */
async function cutOff(log: PostgresLog, tail: Tail, count: number): Promise<number> {
  const offset = Math.max(tail.offset - count, 0);
  try {
    await log.truncateAfter(offset, tail);
    return tail.offset - offset;
  } catch (error) {
    expect(error).toMatchObject({ code: "CHAIN_BREAK" });
    return 0;
  }
}
