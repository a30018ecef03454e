import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import { prepareAppend, systemEntropy } from "../../src/log/prepare.js";
import { seal } from "../../src/log/seal.js";
import { PostgresPartitions } from "../../src/log/sql/postgres/partitions/postgres-partitions.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";
import { openPartitioned, partitionsOf } from "./partitioned.js";

const ACTOR = { actor: "user:test" };
const event = (data: unknown = {}) => ({ type: "test.happened", data }) as const;

async function appendEach(log: PostgresLog, count: number, stream = "session-a"): Promise<void> {
  for (let i = 0; i < count; i++) await log.append({ stream, events: [event({ i })] }, ACTOR);
}

async function streamsOf(log: PostgresLog): Promise<string[]> {
  const lines: string[] = [];
  for await (const page of log.readAll()) for (const e of page) lines.push(`${e.offset} ${e.stream} ${e.version}`);
  return lines;
}

test("a new log is made of the partitions that were asked for, and each takes its offsets", async () => {
  const { url, log } = await openPartitioned(3);
  await appendEach(log, 8);
  const admin = await openAdmin(url);
  const { rows } = await admin.query(
    `SELECT tableoid::regclass::text AS name, array_agg("offset"::int ORDER BY "offset") AS offsets
     FROM ${schemaOf(url)}.events GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { name: `${schemaOf(url)}.events_1`, offsets: [1, 2, 3] },
    { name: `${schemaOf(url)}.events_4`, offsets: [4, 5, 6] },
    { name: `${schemaOf(url)}.events_7`, offsets: [7, 8] },
  ]);
  expect((await verifyLog(log)).ok).toBe(true);
});

test("an append never lacks a partition: the last one takes whatever comes, and is given an end later", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  const partitions = partitionsOf(url);
  await partitions.partition({ events: 2, ahead: 1 });
  await appendEach(log, 9);
  expect((await partitions.state()).partitions.map(({ from, to }) => [from, to])).toEqual([
    [null, 2],
    [3, null],
  ]);
  expect((await partitions.partition({ ahead: 2 })).added).toEqual([11, 13]);
  await appendEach(log, 5);
  expect((await partitions.state()).partitions.map(({ from, to }) => [from, to])).toEqual([
    [null, 2],
    [3, 10],
    [11, 12],
    [13, null],
  ]);
  expect((await verifyLog(log)).ok).toBe(true);
});

test("asking again changes nothing while enough waits behind the end of the log", async () => {
  const { url, log } = await openPartitioned(3);
  await appendEach(log, 2);
  const partitions = partitionsOf(url);
  const before = await partitions.state();
  expect(await partitions.partition({ ahead: 20 })).toMatchObject({ converts: false, added: [], checkedBytes: 0 });
  expect(await partitions.state()).toEqual(before);
});

test("a log that is there becomes the first partition as it is, and those who have it open go on", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  const other = await openPostgres(url);
  await appendEach(log, 30);
  await appendEach(other, 3, "session-b");
  const admin = await openAdmin(url);
  const file = async (name: string) =>
    (await admin.query(`SELECT pg_relation_filenode('${schemaOf(url)}.${name}') AS file`)).rows[0].file;
  const before = await file("events");
  const lines = await streamsOf(log);
  const plan = await partitionsOf(url).partition({ events: 10 });
  expect(plan).toMatchObject({ converts: true, offset: 33, added: [41, 51, 61] });
  expect(await file("events_1")).toBe(before);
  expect(await streamsOf(log)).toEqual(lines);
  await appendEach(log, 10);
  await appendEach(other, 10, "session-b");
  expect((await log.readLast("session-a"))?.version).toBe(40);
  expect((await verifyLog(await openPostgres(url))).ok).toBe(true);
});

test("appends of many that go on while a log is cut into partitions are all there, once and in order", async () => {
  const url = await freshPostgresUrl();
  const logs = await Promise.all([1, 2, 3, 4].map(() => openPostgres(url)));
  const partitions = partitionsOf(url);
  let stop = false;
  const acknowledged: string[] = [];
  const writers = logs.map(async (log, n) => {
    for (let i = 0; !stop; i++) {
      const id = randomUUID();
      const stream = i % 5 === 0 ? `session-${n}-${i}` : `session-${n}`;
      const expectation = i % 5 === 0 ? { expectedVersion: 0 } : {};
      await log.append(
        { stream, ...expectation, events: [{ ...event({ i }), ...(i % 3 === 0 ? { id } : {}) }] },
        ACTOR,
      );
      acknowledged.push(stream);
    }
  });
  for (const events of [7, 3, 11, 1, 5]) {
    await partitions.partition({ events, ahead: 4 });
    const [log] = logs as [PostgresLog];
    const { offset } = await log.tail();
    while ((await log.tail()).offset < offset + 25) await log.readLast("session-0");
  }
  stop = true;
  await Promise.all(writers);
  const [log] = logs as [PostgresLog];
  const lines = await streamsOf(log);
  expect(lines.map((line) => line.split(" ")[1]).sort()).toEqual(acknowledged.sort());
  expect((await verifyLog(log)).ok).toBe(true);
});

test.each(["lookup", "bound"])(
  "a source that repeats its ids puts none into the log twice (guard: %s)",
  async (guard) => {
    const ids = Array.from({ length: 12 }, (_, i) => `01900000-0000-7000-8000-${String(i).padStart(12, "0")}`);
    const order = [0, 5, 2, 3, 4, 0, 5, 6, 2, 7, 1, 8, 9];
    let next = 0;
    const entropy = { newId: () => ids[order[next++] as number] as string, newSalt: () => "0".repeat(32) };
    const { url, log } = await openPartitioned(2, { entropy });
    const results: string[] = [];
    for (let i = 0; i < order.length; i++) {
      const append = log.append({ stream: "session-a", events: [event({ i })] }, ACTOR);
      results.push(
        await append.then(
          () => "written",
          (error) => error.code,
        ),
      );
      if (guard === "bound") await partitionsOf(url).partition({ ahead: 20 });
    }
    const repeated = order.map((id, i) => order.indexOf(id) < i);
    expect(results).toEqual(repeated.map((again) => (again ? "EVENT_ID_REUSED" : "written")));
    const seen = (await openAdmin(url)).query(
      `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM ${schemaOf(url)}.events`,
    );
    expect((await seen).rows[0]).toEqual({ n: new Set(order).size, ids: new Set(order).size });
  },
);

test("a stream that is expected to be new, and lies in an earlier partition, is a conflict", async () => {
  const { url, log } = await openPartitioned(2);
  await log.append({ stream: "session-old", events: [event(), event(), event()] }, ACTOR);
  await appendEach(log, 6);
  for (const handle of [log, await openPostgres(url)]) {
    await handle.append({ stream: "session-warm", events: [event()] }, ACTOR);
    const again = handle.append({ stream: "session-old", expectedVersion: 0, events: [event()] }, ACTOR);
    await expect(again).rejects.toMatchObject({ code: "VERSION_CONFLICT", actual: 3 });
  }
  expect((await verifyLog(log)).ok).toBe(true);
});

test("whoever writes into the tables by themselves cannot repeat an id or a stream of an earlier partition either", async () => {
  const { url, log } = await openPartitioned(2);
  await appendEach(log, 5);
  const admin = await openAdmin(url);
  const insert = (id: string, stream: string) =>
    admin
      .query(
        `INSERT INTO ${schemaOf(url)}.events SELECT "offset" + 2, "commit" + 2, 1, recorded_at, ${id}, ${stream}, type, actor, meta,
           data, salt, data_hash, hash FROM ${schemaOf(url)}.events WHERE "offset" = 5`,
      )
      .then(
        () => "written",
        (error) => `${error.code} ${error.constraint}`,
      );
  const first = `(SELECT id FROM ${schemaOf(url)}.events WHERE "offset" = 1)`;
  expect(await insert(first, "'session-new'")).toBe("23505 events_id");
  expect(await insert("gen_random_uuid()::text", "stream")).toBe("23505 events_stream_version");
  expect(await insert("gen_random_uuid()::text", "'session-new'")).toBe("written");
});

test("loading what another log has sealed finds an id that stands in an earlier partition", async () => {
  const { log } = await openPartitioned(2);
  const [{ id }] = (await log.append({ stream: "session-a", events: [event()] }, ACTOR)).events as [SealedEvent];
  await appendEach(log, 4);
  const prepared = prepareAppend([{ stream: "session-b", events: [{ ...event(), id }] }], ACTOR, systemEntropy());
  const known = { versionOf: () => 0, eventById: () => undefined };
  const [outcome] = seal(await log.tail(), [prepared], known, new Date()).outcomes;
  const sealed = outcome?.kind === "sealed" ? outcome.events : [];
  await expect(log.appendSealed(sealed)).rejects.toMatchObject({ name: "ChainBreakError" });
  expect((await log.tail()).offset).toBe(5);
});

test("what was known of the ids behind a cut is known no more: a log that grows again repeats none of the new ones", async () => {
  const high = `ffffffff-0000-7000-8000-${"0".repeat(12)}`;
  const given: string[] = [];
  const entropy = { newId: () => given.shift() ?? systemEntropy().newId(), newSalt: () => "0".repeat(32) };
  const { url, log } = await openPartitioned(2, { entropy });
  await appendEach(log, 5);
  await partitionsOf(url).partition({ ahead: 20 });
  const before = await partitionsOf(url).state();
  expect(before.partitions.slice(0, 4).map(({ guard }) => guard)).toEqual(["own", "bound", "bound", "lookup"]);
  await log.truncateAfter(1, await log.tail());
  given.push(high);
  await appendEach(log, 4);
  given.push(high);
  await expect(log.append({ stream: "session-a", events: [event()] }, ACTOR)).rejects.toMatchObject({
    code: "EVENT_ID_REUSED",
  });
  expect((await log.tail()).offset).toBe(5);
});

test("a cut leaves partitions empty, and the log grows into them again", async () => {
  const { log } = await openPartitioned(2);
  await appendEach(log, 9);
  await log.truncateAfter(3, await log.tail());
  await appendEach(log, 9);
  expect((await log.tail()).offset).toBe(12);
  expect((await verifyLog(log)).ok).toBe(true);
});

test("a partition that is added just behind the end of the log knows the ids before it", async () => {
  const { url, log } = await openPartitioned(2);
  await partitionsOf(url).partition({ ahead: 1 });
  await appendEach(log, 42);
  const plan = await partitionsOf(url).partition({ ahead: 21 });
  expect(plan.added[0]).toBe(43);
  const { partitions } = await partitionsOf(url).state();
  expect(partitions.find(({ from }) => from === 43)?.guard).toBe("bound");
  expect(partitions.find(({ from }) => from === 45)?.guard).toBe("lookup");
});

test("of many who bring the same ids, or begin the same streams, across partitions, each is there once", async () => {
  const { url, log } = await openPartitioned(3);
  const logs = [log, ...(await Promise.all([1, 2, 3].map(() => openPostgres(url))))];
  const ids = Array.from({ length: 25 }, () => randomUUID());
  const won: string[] = [];
  await Promise.all(
    logs.map(async (one) => {
      for (const [i, id] of ids.entries()) {
        const [repeated] = (await one.append({ stream: "session-ids", events: [{ ...event({ i }), id }] }, ACTOR))
          .events;
        expect(repeated?.id).toBe(id);
        const begin = one.append({ stream: `session-new-${i}`, expectedVersion: 0, events: [event()] }, ACTOR);
        won.push(
          await begin.then(
            () => `session-new-${i}`,
            (error) => error.code,
          ),
        );
      }
    }),
  );
  expect(won.filter((one) => one !== "VERSION_CONFLICT").sort()).toEqual(ids.map((_, i) => `session-new-${i}`).sort());
  expect((await log.tail()).offset).toBe(2 * ids.length);
  expect((await verifyLog(log)).ok).toBe(true);
});

test("behind a reader that does not end it gives up, with nothing changed, and appends go on", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  await appendEach(log, 2);
  const reader = await openAdmin(url);
  await reader.query(`BEGIN; SELECT * FROM ${schemaOf(url)}.events`);
  const impatient = new PostgresPartitions(url, { lockTimeoutMs: 100, retryLimitMs: 300 });
  onTestFinished(() => impatient.close());
  await expect(impatient.partition({ events: 2 })).rejects.toMatchObject({ code: "LOG_LOCKED" });
  await appendEach(log, 2);
  expect(await impatient.state()).toEqual({ offset: 4, partitions: [] });
  await reader.query("COMMIT");
  expect((await impatient.partition({ events: 2 })).converts).toBe(true);
});

test("whoever partitions at the same time as others does the same work once", async () => {
  const url = await freshPostgresUrl();
  await appendEach(await openPostgres(url), 5);
  const plans = await Promise.all([1, 2, 3, 4].map(() => partitionsOf(url).partition({ events: 2 })));
  expect(plans.filter(({ converts }) => converts).length).toBe(1);
  expect((await partitionsOf(url).state()).partitions.length).toBe(4);
});
