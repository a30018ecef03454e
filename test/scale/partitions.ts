/**
 * `npm run scale:partitions`: what an append and a read cost in one table and in 1, 10 and 50 partitions of the same log, on a
 * Postgres of its own. The rows of one round follow each other, so that what else the machine does hits all of them.
 */
import { randomInt, randomUUID } from "node:crypto";
import { cpus, loadavg } from "node:os";
import pg from "pg";
import type { EventLog } from "../../src/log/event-log.js";
import { PostgresPartitions } from "../../src/log/sql/postgres/partitions/postgres-partitions.js";
import { openLog } from "../../src/open-log.js";
import { BENCH_ACTOR, sampleEvents } from "../bench/events.js";
import { OwnPostgres } from "../support/postgres-server.js";

const EVENTS = Number(process.env.SCALE_EVENTS ?? 1_000_000);
const STREAMS = EVENTS / 10;
const ROUNDS = Number(process.env.SCALE_ROUNDS ?? 300);
const KINDS = [0, 1, 10, 50];
const PAGE = 100;

const server = await OwnPostgres.start({ conf: { shared_buffers: "1GB", max_wal_size: "8GB" } });
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
const logs = new Map<number, EventLog>();
for (const partitions of KINDS) logs.set(partitions, await prepared(partitions));
await admin.query(`CREATE TABLE public.raw ("offset" bigint PRIMARY KEY, "commit" bigint, version bigint, recorded_at text,
  id text, stream text, type text, actor text, meta text, data text, salt text, hash text);
  INSERT INTO public.raw SELECT "offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash FROM p0.events;
  CREATE UNIQUE INDEX ON public.raw (id); CREATE UNIQUE INDEX ON public.raw (stream, version);`);
for (const sql of ["VACUUM ANALYZE public.raw", "CHECKPOINT"]) await admin.query(sql);

/** A log of EVENTS events in so many partitions, all of them full; 0 is one table. */
async function prepared(partitions: number): Promise<EventLog> {
  const schema = `p${partitions}`;
  const url = `${server.url}?schema=${schema}`;
  const log = await openLog(url, { notify: false });
  const tables = new PostgresPartitions(url);
  if (partitions > 0) await tables.partition({ events: EVENTS / partitions, ahead: Math.max(1, partitions - 1) });
  await admin.query("SET session_replication_role = replica");
  const from = partitions === 0 ? madeSql() : "SELECT * FROM p0.events";
  await admin.query(`INSERT INTO ${schema}.events ${from}`);
  for (const sql of ["SET session_replication_role = origin", `VACUUM ANALYZE ${schema}.events`])
    await admin.query(sql);
  if (partitions > 1) await tables.partition({ ahead: 1 });
  const state = await tables.state();
  process.stdout.write(`${schema}: ${state.partitions.length} partitions, tail ${state.offset}\n`);
  await tables.close();
  return log;
}

function madeSql(): string {
  return `SELECT n, n, (n - 1) / ${STREAMS} + 1, '2026-01-31T10:00:00.000Z',
    '01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'), 'session-' || (n - 1) % ${STREAMS}, 'session.updated', 'user:ada',
    '{"schema":1}', '{"branch":"' || repeat('x', 150) || '"}', encode(sha256(n::text::bytea), 'hex'), NULL,
    encode(sha256(n::text::bytea), 'hex') FROM generate_series(1, ${EVENTS}) n`;
}

const aStream = () => `session-${randomInt(STREAMS)}`;
const own = `session-own-${randomUUID()}`;
const givenId = randomUUID();
let n = 0;

async function walk(pages: AsyncIterable<readonly unknown[]>): Promise<void> {
  for await (const page of pages) n += page.length;
}

const ACTS: Record<string, (log: EventLog) => Promise<unknown>> = {
  "append of 1": (log) => log.append({ stream: own, events: sampleEvents(1, n++) }, BENCH_ACTOR),
  "append to a new stream": (log) =>
    log.append({ stream: `session-${randomUUID()}`, expectedVersion: 0, events: sampleEvents(1, n++) }, BENCH_ACTOR),
  "append of 100": (log) => log.append({ stream: own, events: sampleEvents(100, n++) }, BENCH_ACTOR),
  "the same id again": (log) =>
    log.append({ stream: "session-id", events: [{ type: "a.b", data: {}, id: givenId }] }, BENCH_ACTOR),
  "last event of a stream": (log) => log.readLast(aStream()),
  "a stream of 10": (log) => walk(log.readStream(aStream())),
  [`${PAGE} events by offset`]: (log) => {
    const from = randomInt(1, EVENTS - PAGE);
    return walk(log.readAll({ from, to: from + PAGE - 1 }));
  },
  tail: (log) => log.tail(),
};

const INSERT = `INSERT INTO public.raw VALUES ($1, $1, 1, $2, $3, $4, 'session.updated', 'user:ada', '{"schema":1}', $5, $6, $7)`;
let last = EVENTS;
function rawInsert(): Promise<unknown> {
  const [event] = sampleEvents(1, n++);
  const [id, data] = [randomUUID(), JSON.stringify(event?.data)];
  const values = [++last, new Date().toISOString(), id, `session-${id}`, data, "0".repeat(32), "0".repeat(64)];
  return admin.query({ name: "raw", text: INSERT, values });
}

const times = new Map<string, number[]>();
async function timed(key: string, act: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await act();
  times.set(key, [...(times.get(key) ?? []), (performance.now() - began) * 1000]);
}

for (let round = 0; round < ROUNDS; round++) {
  for (const [name, act] of Object.entries(ACTS)) {
    if (name === "append of 1") await timed("raw", rawInsert);
    for (const [kind, log] of logs) {
      // A connection that has waited since its last statement is slower: the first of its kind is not counted.
      await act(log);
      await timed(`${name} ${kind}`, () => act(log));
    }
  }
}

function quartile(key: string, part = 0.25): number {
  const sorted = (times.get(key) ?? []).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

const load = loadavg().map((one) => one.toFixed(1));
process.stdout.write(
  `${EVENTS} events, Node ${process.version}, ${cpus().length} cores, load ${load.join(" ")}; µs, lower quartile (median) of ${ROUNDS}\n`,
);
process.stdout.write(`raw INSERT of 1: ${quartile("raw").toFixed(0)} (${quartile("raw", 0.5).toFixed(0)})\n`);
process.stdout.write(`| | one table | 1 partition | 10 | 50 |\n|---|--:|--:|--:|--:|\n`);
for (const name of Object.keys(ACTS)) {
  const cells = KINDS.map(
    (kind) => `${quartile(`${name} ${kind}`).toFixed(0)} (${quartile(`${name} ${kind}`, 0.5).toFixed(0)})`,
  );
  process.stdout.write(`| ${name} | ${cells.join(" | ")} |\n`);
}
for (const log of logs.values()) await log.close();
await admin.end();
await server.close();
