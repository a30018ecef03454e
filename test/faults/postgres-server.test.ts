import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { startPostgres } from "../support/postgres.js";
import { serverUser } from "../support/postgres-binaries.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { FaultReport, notRun } from "./fault-report.js";
import { judge } from "./oracle.js";
import { IS_LONG } from "./seed.js";
import { appendStubbornly, type Said } from "./trial-append.js";

const LIMIT_MS = 1_200_000;
const CRASHES = IS_LONG ? 15 : 1;
const WRITERS = 4;
const ACKS_BETWEEN = 40;

test("postgres: a server that stops at once (immediate) loses and doubles nothing", { timeout: LIMIT_MS }, async () => {
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  const report = new FaultReport("postgres: immediate stop");
  const said: Said[] = [];
  const writers: { stop: boolean } = { stop: false };
  const running = Array.from({ length: WRITERS }, async (_, writer) => {
    const log = await PostgresLog.open(server.url, { retryLimitMs: 120_000 });
    for (let i = 1; !writers.stop; i++) {
      // The log stays open, so that it is the one that has to find the server again.
      await appendStubbornly(
        async () => unclosed(log),
        { writer, from: i, to: i },
        (one) => said.push(one),
      );
    }
    await log.close();
  });
  for (let crash = 0; crash < CRASHES; crash++) {
    const before = said.length;
    await until("appends are acknowledged", () => said.length >= before + ACKS_BETWEEN, 60_000);
    await server.stop("immediate");
    await server.restart();
    report.add(`crash ${crash}`, { acknowledged: 0, lost: [], doubled: [], wrong: [] });
  }
  const before = said.length;
  await until("appends go on", () => said.length >= before + WRITERS, 60_000);
  writers.stop = true;
  await Promise.all(running);
  report.add("in the end", await judge(() => PostgresLog.open(server.url), said));
  report.close();
});

function unclosed(log: PostgresLog): PostgresLog {
  return new Proxy(log, {
    get: (target, name) => {
      if (name === "close") return async () => undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Takes all the room that is left, by large values first. */
async function fillDisk(url: string): Promise<void> {
  const filler = await openAdmin(url); // it gets the small disk as its default
  await filler.query("CREATE TABLE filler (x text)");
  for (const rows of [1000, 100, 10, 1]) {
    const insert = `INSERT INTO filler SELECT string_agg(md5(random()::text), '') FROM generate_series(1, ${rows * 60}) AS n`;
    while (await succeeds(filler.query(insert)));
  }
}

async function succeeds(query: Promise<unknown>): Promise<boolean> {
  return query.then(
    () => true,
    () => false,
  );
}

/** A small disk for the server. @returns why there is none */
function mountSmallDisk(): { folder: string } | string {
  const user = serverUser();
  if (process.platform !== "linux" || user === undefined) return "only root on Linux can mount a small disk";
  const folder = join(tempDir(IN_MEMORY), "disk");
  mkdirSync(folder);
  try {
    const options = `size=16m,mode=0700,uid=${user.uid},gid=${user.gid}`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    return `mount: ${(error as Error).message.split("\n")[0]}`;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
  });
  execFileSync("chmod", ["o+x", join(folder, "..")]);
  chownSync(folder, user.uid, user.gid);
  return { folder };
}

test("postgres: a disk that is full refuses appends, loses nothing, and takes them again when there is room", {
  timeout: LIMIT_MS,
}, async ({ skip }) => {
  const scenario = "postgres: disk full";
  const disk = mountSmallDisk();
  if (typeof disk === "string") {
    notRun(scenario, disk);
    return skip(disk);
  }
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  const admin = await openAdmin(server.url);
  await admin.query(`CREATE TABLESPACE small LOCATION '${disk.folder}'`);
  await admin.query("ALTER DATABASE postgres SET default_tablespace = small");
  const said: Said[] = [];
  const open = () => PostgresLog.open(server.url, { retryLimitMs: 500 });
  const append = (from: number, to: number) => appendStubbornly(open, { writer: 1, from, to }, (one) => said.push(one));
  await append(1, 5);
  await fillDisk(server.url);
  const isFull = () => said.some((one) => "code" in one);
  for (let i = 6; !isFull() && i < 200; i++) await append(i, i);
  const codes = new Set(said.flatMap((one) => ("code" in one ? [one.code] : [])));
  const report = new FaultReport(scenario);
  // The room comes back with the checkpoint.
  await admin.query("DROP TABLE filler");
  await admin.query("CHECKPOINT");
  const verdict = await judge(open, said);
  const wrong = [...codes].join() === "DISK_FULL" ? verdict.wrong : [...verdict.wrong, `refused with ${[...codes]}`];
  report.add("until it was full, and after", { ...verdict, wrong });
  report.close();
});
