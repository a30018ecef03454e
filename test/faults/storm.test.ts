import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { PostgresPartitions } from "../../src/log/sql/postgres/partitions/postgres-partitions.js";
import { openLog } from "../../src/open-log.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { HAS_POOLER, startPooler } from "../support/pooler.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { FaultReport, notRun } from "./fault-report.js";
import { killLoop } from "./kill-loop.js";
import { IS_LONG, seededRandom } from "./seed.js";

/** A limit for a slow and shared machine. */
const LIMIT_MS = 1_200_000;
const SIZE = IS_LONG ? { writers: 16, appendsEach: 150, killsEach: 4 } : { writers: 6, appendsEach: 40, killsEach: 1 };
/** Events between one disturbance and the next, at most. */
const PACE = IS_LONG ? 60 : 12;
/** Short for those who wait for each other on a busy machine, and long enough to open a log. */
const ROLE_LIMITS = { statement_timeout: 500, lock_timeout: 20, idle_in_transaction_session_timeout: 300 };

const random = seededRandom();

/** One log, while many append to it. */
interface Ground {
  readonly url: string;
  readonly server: PostgresServer;
  readonly folder: string;
}

type Disturb = (ground: Ground, schema: string) => Promise<void>;

/** Somebody's connection of this log that does something just now. */
const endOne: Disturb = async ({ server }, schema) => {
  const admin = await openAdmin(server.url);
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()
       AND application_name = 'sessiondb' AND query LIKE $1 ORDER BY random() LIMIT 1`,
    [`%${schema}%`],
  );
  await admin.end();
};

const addPartitions: Disturb = async ({ url }) => {
  const partitions = new PostgresPartitions(url);
  await partitions.partition({ events: 40, ahead: 2 }).finally(() => partitions.close());
};

/**
 * Up to the newest event of whoever has appended least lately, not with it: he may not have heard of it and send it again,
 * and an event that is archived is refused then.
 */
const archive: Disturb = async ({ url, folder }) => {
  const log = await openLog(url, { archives: [folder] });
  const newest = new Map<string, number>();
  for await (const { actor, offset } of eventsOf(log.readAll())) newest.set(actor, offset);
  const end = Math.min(...newest.values()) - 1;
  await archiveBefore(log, String(end), join(folder, `before-${end}.jsonl.gz`)).finally(() => log.close());
};

const crash: Disturb = async ({ server }) => {
  await server.stop("immediate");
  await server.restart();
};

interface Weather {
  readonly disturb: readonly Disturb[];
  readonly limited?: boolean;
  readonly pooled?: boolean;
  /** Nobody starts while it is disturbed: who does that while the server is away ends with an error, as he should. */
  readonly started?: boolean;
}

const WEATHERS: readonly (readonly [string, Weather])[] = [
  ["server processes are ended", { disturb: [endOne] }],
  ["the role has short limits", { disturb: [endOne], limited: true }],
  ["partitions are added", { disturb: [endOne, addPartitions] }],
  ["archives are made", { disturb: [endOne, archive] }],
  ["all of it behind a pooler", { disturb: [endOne, addPartitions, archive], pooled: true }],
  ["the server crashes", { disturb: [crash, endOne], started: true }],
];

/** Disturbs again and again until it ends. A disturbance that meets another one may fail: what it promises stays true. */
async function disturbUntilEnd(ground: Ground, schema: string, acts: readonly Disturb[], run: { ended: boolean }) {
  const log = await openLog(ground.url, { retryLimitMs: 60_000 });
  const done = { worked: 0, failed: 0 };
  try {
    for (let n = 0; !run.ended; n++) {
      if (n === 0)
        await until("all append", async () => run.ended || (await writersOf(log)) === SIZE.writers, LIMIT_MS);
      const enough = (await tailOf(log)) + 1 + Math.floor(random() * PACE);
      await until("others append", async () => run.ended || (await tailOf(log)) >= enough, LIMIT_MS);
      const act = acts[Math.floor(random() * acts.length)];
      if (run.ended) break;
      await act?.(ground, schema).then(
        () => done.worked++,
        () => done.failed++,
      );
    }
  } finally {
    process.stdout.write(`${schema}: ${done.worked} disturbances, and ${done.failed} that failed\n`);
    await log.close();
  }
}

/** How many have appended something. */
async function writersOf(log: EventLog): Promise<number> {
  const actors = new Set<string>();
  for await (const { actor } of eventsOf(log.readAll())) actors.add(actor);
  return actors.size;
}

/** 0 where the server is away. */
async function tailOf(log: EventLog): Promise<number> {
  return log.tail().then(
    ({ offset }) => offset,
    () => 0,
  );
}

async function limitRole(url: string, limits: Readonly<Record<string, number>>): Promise<void> {
  const admin = await openAdmin(url);
  for (const [name, ms] of Object.entries(limits)) await admin.query(`ALTER ROLE postgres SET ${name} = '${ms}ms'`);
  await admin.end();
}

describe("many who append to one log on Postgres, killed at random, while", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({});
    return () => server.close();
  });

  test.each(WEATHERS)(
    "%s: nothing is lost or doubled, and a follower sees each event once",
    {
      timeout: LIMIT_MS,
    },
    async (what, { disturb, limited, pooled, started }) => {
      const scenario = `postgres: kill -9 loop while ${what}`;
      if (pooled && !HAS_POOLER) return notRun(scenario, "there is no pgbouncer");
      const schema = `storm_${WEATHERS.findIndex(([name]) => name === what)}`;
      const url = Object.assign(new URL(server.url), { search: `schema=${schema}` }).href;
      await (await openLog(url)).close();
      await limitRole(server.url, limited ? ROLE_LIMITS : {});
      const run = { ended: false };
      const disturbing = disturbUntilEnd({ url, server, folder: tempDir() }, schema, disturb, run);
      const address = pooled ? (await startPooler(server.url)).through(url) : url;
      const report = new FaultReport(scenario);
      try {
        const size = started ? { ...SIZE, appendsEach: SIZE.appendsEach * 2, killsEach: 0 } : SIZE;
        const { acknowledged, kills } = await killLoop({ url: address, ...size, random });
        // killLoop has thrown where anything was lost or doubled; a trial is one kill.
        for (let n = 0; n < Math.max(kills, 1); n++) {
          report.add(`kill ${n}`, { acknowledged: n === 0 ? acknowledged : 0, lost: [], doubled: [], wrong: [] });
        }
      } finally {
        run.ended = true;
        await disturbing;
        await limitRole(server.url, Object.fromEntries(Object.keys(ROLE_LIMITS).map((name) => [name, 0])));
      }
      report.close();
    },
  );
});
