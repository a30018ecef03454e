/**
 * `npm run scale`: the figures that docs/scale.md plans with, on a Postgres of its own (or TEST_DATABASE_URL). Not part of
 * the bench: a figure alone says something only of one machine, and is printed with its circumstances.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type AmountOf, logStats } from "../../src/inspect/log-stats.js";
import { openLog } from "../../src/open-log.js";
import { BENCH_ACTOR, createdEvent, sampleEvents } from "../bench/events.js";
import { startPostgres } from "../support/postgres.js";
import { OwnPostgres } from "../support/postgres-server.js";
import { writeSampleStore } from "../ui/sample-store.js";
import { writeSampleTeam } from "../ui/sample-team.js";

const RUN_MS = Number(process.env.SCALE_MS ?? 4_000);
const RUNS = Number(process.env.SCALE_RUNS ?? 3);
/** Client processes, as many as cores in life; more would measure their switching. */
const PROCESSES = 2;
const name = randomBytes(4).toString("hex");

/** How far away the standby is of the rows that have one. */
const AWAY_MS = 20;

const server = await startPostgres({ conf: { synchronous_commit: "on" } });
const pair = await startPair();
const at = (schema: string, { url }: { url: string } = server) => `${url}?schema=s${name}_${schema}`;
const load = loadavg().map((one) => one.toFixed(1));
process.stdout.write(
  `Node ${process.version}, ${cpus().length} cores, load ${load.join(" ")}, ${RUNS} runs of ${RUN_MS} ms\n`,
);

/** Appends a second, over all logs. */
async function measure(urls: readonly string[], { inFlight, events, notify }: Row): Promise<number> {
  const shares = Array.from({ length: Math.min(PROCESSES, urls.length) }, (_, i) =>
    urls.filter((_url, n) => n % PROCESSES === i),
  );
  const writers = shares.map((share) =>
    spawn(
      process.execPath,
      [join(import.meta.dirname, "writer.js"), String(RUN_MS), String(inFlight), String(events), ...share],
      {
        env: { ...process.env, SCALE_NOTIFY: notify ? "on" : "off" },
        stdio: ["pipe", "pipe", "inherit"],
      },
    ),
  );
  const outputs = writers.map(async ({ stdout }) => {
    let text = "";
    for await (const piece of stdout.setEncoding("utf8")) text += piece;
    return JSON.parse(text.replace("ready\n", "")) as { appends: number; ms: number };
  });
  await Promise.all(writers.map(({ stdout }) => new Promise((resolve) => stdout.once("readable", resolve))));
  for (const { stdin } of writers) stdin.end();
  let perSecond = 0;
  for (const { appends, ms } of await Promise.all(outputs)) perSecond += appends / (ms / 1000);
  return perSecond;
}

/** A primary that confirms nothing before its standby shows it, which takes a while: as one in another town. */
async function startPair(): Promise<{ url: string; close(): Promise<void> }> {
  const primary = await OwnPostgres.start({ conf: { synchronous_commit: "remote_apply" } });
  const { hostname, port } = new URL(primary.url);
  const conf = {
    primary_conninfo: `host=${hostname} port=${port} user=postgres application_name=far`,
    recovery_min_apply_delay: `${AWAY_MS}ms`,
  };
  const standby = await OwnPostgres.start({ conf, copyOf: primary });
  const admin = new pg.Client({ connectionString: primary.url });
  await admin.connect();
  await admin.query("ALTER SYSTEM SET synchronous_standby_names = 'far'");
  await admin.query("SELECT pg_reload_conf()");
  await admin.end();
  const close = async () => {
    await primary.close();
    await standby.close();
  };
  return { url: primary.url, close };
}

interface Row {
  readonly server: { readonly url: string };
  readonly what: string;
  readonly notify: boolean;
  readonly logs: number;
  readonly inFlight: number;
  readonly events: number;
  readonly rates: number[];
}

const rows: Row[] = [];
/** Part of what the rows to be measured are called; default all. */
const ONLY = process.env.SCALE_ONLY ?? "";
function add(what: string, inFlight: number, events: number, counts: number[], on: { url: string } = server): void {
  if (!what.includes(ONLY)) return;
  const notify = !what.includes("no NOTIFY");
  rows.push(...counts.map((logs) => ({ server: on, what, notify, logs, inFlight, events, rates: [] })));
}
add("one append after the other", 1, 1, [1, 4, 16]);
add("many at once", 32, 1, [1, 4, 16]);
add("batches", 1, 100, [1, 4, 16]);
add("batches", 1, 1_000, [1, 4]);
add(`one after the other, standby ${AWAY_MS} ms away`, 1, 1, [1, 4, 16], pair);
add(`one after the other, standby ${AWAY_MS} ms away, no NOTIFY`, 1, 1, [1, 4, 16], pair);
add(`many at once, standby ${AWAY_MS} ms away`, 32, 1, [1, 4], pair);

const urlsOf = (row: Row) => Array.from({ length: row.logs }, (_, i) => at(`${row.logs}_${i}`, row.server));
for (const url of new Set(rows.flatMap(urlsOf))) await (await openLog(url)).close();
// In turn, so that what else the machine does is spread over all rows.
const syncs: number[] = [];
for (let run = 0; run < RUNS; run++) {
  syncs.push(syncsPerSecond());
  for (const row of rows) row.rates.push(await measure(urlsOf(row), row));
}

process.stdout.write(`fdatasync of 8 KiB: ${told(syncs)} a second\n`);
process.stdout.write(
  "| what | logs | appends at once to each | events each | appends/s: best (median) | events/s, best |\n|---|--:|--:|--:|--:|--:|\n",
);
for (const { what, logs, inFlight, events, rates } of rows) {
  const best = Math.max(...rates) * events;
  process.stdout.write(
    `| ${what} | ${logs} | ${inFlight} | ${events} | ${told(rates)} | ${Math.round(best).toLocaleString("en")} |\n`,
  );
}

/** On a machine that does other things, too, the best is the nearest to what it can do. */
function told(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => other - one).map((one) => Math.round(one).toLocaleString("en"));
  return `${sorted[0]} (${sorted[sorted.length >> 1]})`;
}

/** What the disk below the temporary folder can do, where the server's data lies, too. */
function syncsPerSecond(): number {
  const folder = mkdtempSync(join(tmpdir(), "sessiondb-scale-"));
  const file = openSync(join(folder, "probe"), "w");
  const page = Buffer.alloc(8192, 1);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < 500; count++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  const seconds = (performance.now() - began) / 1000;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return count / seconds;
}

/** Bytes on the server's disk by event, of a log with sessions as they are: one event that makes each, ten that change it. */
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const schema = `s${name}_bytes`;
const log = await openLog(at("bytes"));
const asOne = await walOf(2_000, async (session) => {
  const stream = `session-${session}`;
  const events = [createdEvent(`auth-refactor-${session}`), ...sampleEvents(10)];
  await log.append([{ stream, events }], BENCH_ACTOR);
});
const single = await walOf(2_000, async (n) => {
  await log.append({ stream: `session-${n}`, events: sampleEvents(1, n) }, BENCH_ACTOR);
});
const stats = await logStats(log, {}, { top: 5 });
await log.close();
await client.query(`VACUUM "${schema}".events`);
const found = await client.query(
  "SELECT pg_table_size(t)::int AS table, pg_indexes_size(t)::int AS indexes FROM to_regclass($1) AS t",
  [`${schema}.events`],
);
const [{ table, indexes }] = found.rows;
process.stdout.write(
  `bytes an event: table ${Math.round(table / stats.events)}, indexes ${Math.round(indexes / stats.events)}, WAL ${Math.round(asOne / 11)} in appends of 11, ${Math.round(single)} in appends of 1\n`,
);
await client.end();
await server.close();
await pair.close();

/** Bytes of WAL that each of so many appends makes, without the pages that a checkpoint makes the server write whole. */
async function walOf(count: number, act: (n: number) => Promise<void>): Promise<number> {
  await client.query("CHECKPOINT");
  for (let n = 0; n < 200; n++) await act(-n - 1);
  const { rows: before } = await client.query("SELECT pg_current_wal_insert_lsn()::text AS lsn");
  for (let n = 0; n < count; n++) await act(n);
  const { rows } = await client.query("SELECT pg_current_wal_insert_lsn() - $1::pg_lsn AS bytes", [before[0].lsn]);
  return Number(rows[0].bytes) / count;
}

tellTypes(stats.types.items);

const folder = mkdtempSync(join(tmpdir(), "sessiondb-scale-"));
for (const write of [writeSampleStore, writeSampleTeam]) {
  const path = join(folder, `${write.name}.db`);
  await write(path);
  const sample = await openLog(`sqlite:${path}`, { readOnly: true });
  tellTypes((await logStats(sample, {}, { top: 8 })).types.items);
  await sample.close();
}
rmSync(folder, { recursive: true });

function tellTypes(types: readonly AmountOf[]): void {
  for (const { key, events, bytes } of types) {
    process.stdout.write(`as a line, ${key}: ${Math.round(bytes / events)} bytes\n`);
  }
}
