import { expect, test } from "vitest";
import { PgSession } from "../../src/log/sql/postgres/connection/pg-session.js";
import { tablesOf } from "../../src/log/sql/postgres/connection/statement.js";
import { StatementClock } from "../../src/log/sql/postgres/connection/statement-clock.js";
import { LogLock } from "../../src/log/sql/postgres/log-lock.js";
import { eventsTable } from "../../src/log/sql/postgres/partitions/partition-catalog.js";
import { dropPartitionsBelow } from "../../src/log/sql/postgres/partitions/partition-drop.js";
import { limitsOf } from "../../src/log/sql/postgres/postgres-options.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";
import { openPartitioned, partitionsOf } from "./partitioned.js";

const ACTOR = { actor: "user:test" };
const EVENT = { stream: "session-a", events: [{ type: "test.happened", data: {} }] };

async function dropBelow(url: string, offset: number): Promise<number> {
  const admin = await openAdmin(url);
  const session = new PgSession(admin, false, new StatementClock(admin, 30_000));
  const tables = tablesOf(schemaOf(url));
  const drop = async () =>
    dropPartitionsBelow(session, tables, await eventsTable(session, tables, url), offset, 30_000);
  return new LogLock(tables, limitsOf({})).run(session, drop);
}

async function offsetsOf(url: string): Promise<number[]> {
  const { rows } = await (await openAdmin(url)).query(
    `SELECT "offset"::int AS at FROM ${schemaOf(url)}.events ORDER BY 1`,
  );
  return rows.map(({ at }) => at);
}

test("whole partitions below an offset are dropped, and appends go on", async () => {
  const { url, log } = await openPartitioned(3);
  for (let i = 0; i < 10; i++) await log.append(EVENT, ACTOR);
  expect(await dropBelow(url, 9)).toBe(7);
  expect(await offsetsOf(url)).toEqual([7, 8, 9, 10]);
  await log.append(EVENT, ACTOR);
  expect((await log.readLast("session-a"))?.version).toBe(11);
  expect(await dropBelow(url, 9)).toBe(7);
  expect(await dropBelow(url, 10)).toBe(10);
  expect((await partitionsOf(url).state()).partitions.slice(0, 2).map(({ from, to }) => [from, to])).toEqual([
    [null, 9],
    [10, 12],
  ]);
});

test("what was dropped can be put back where it was", async () => {
  const { url, log } = await openPartitioned(3);
  for (let i = 0; i < 8; i++) await log.append(EVENT, ACTOR);
  const admin = await openAdmin(url);
  await admin.query(`CREATE TABLE ${schemaOf(url)}.kept AS SELECT * FROM ${schemaOf(url)}.events WHERE "offset" < 7`);
  expect(await dropBelow(url, 7)).toBe(7);
  await admin.query(`INSERT INTO ${schemaOf(url)}.events SELECT * FROM ${schemaOf(url)}.kept`);
  expect(await offsetsOf(url)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("nothing is dropped of a log that is one table, nor of the partition that takes whatever comes", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  for (let i = 0; i < 4; i++) await log.append(EVENT, ACTOR);
  expect(await dropBelow(url, 100)).toBe(1);
  await partitionsOf(url).partition({ events: 10, ahead: 1 });
  for (let i = 0; i < 10; i++) await log.append(EVENT, ACTOR);
  expect(await dropBelow(url, 1000)).toBe(11);
  expect(await offsetsOf(url)).toEqual([11, 12, 13, 14]);
});
