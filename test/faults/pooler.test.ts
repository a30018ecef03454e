import { test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { HAS_POOLER, startPooler } from "../support/pooler.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { FaultReport, notRun } from "./fault-report.js";
import { killLoop } from "./kill-loop.js";
import { judge } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { appendStubbornly, type Said } from "./trial-append.js";

const LIMIT_MS = 1_200_000;
const SIZE = IS_LONG ? { writers: 16, appendsEach: 200, killsEach: 6 } : { writers: 4, appendsEach: 40, killsEach: 1 };
const CRASHES = IS_LONG ? 15 : 2;
const WRITERS = 4;
const ACKS_BETWEEN = 40;

const NO_POOLER = "there is no pgbouncer: install it, or name it in PGBOUNCER";

test("pgbouncer: writers behind it that are killed lose and double nothing", { timeout: LIMIT_MS }, async () => {
  const scenario = "pgbouncer (transaction mode): kill -9 loop";
  if (!HAS_POOLER) return notRun(scenario, NO_POOLER);
  const direct = await freshPostgresUrl();
  const url = (await startPooler(direct)).through(direct);
  const report = new FaultReport(scenario);
  const { acknowledged, kills } = await killLoop({ url, ...SIZE, random: seededRandom() });
  for (let n = 0; n < kills; n++) {
    report.add(`kill ${n}`, { acknowledged: n === 0 ? acknowledged : 0, lost: [], doubled: [], wrong: [] });
  }
  report.close();
});

test("pgbouncer: that dies and comes back loses and doubles nothing", { timeout: LIMIT_MS }, async () => {
  const scenario = "pgbouncer (transaction mode): killed";
  if (!HAS_POOLER) return notRun(scenario, NO_POOLER);
  const direct = await freshPostgresUrl();
  const pooler = await startPooler(direct);
  const report = new FaultReport(scenario);
  const said: Said[] = [];
  let isOver = false;
  const writing = Array.from({ length: WRITERS }, async (_, writer) => {
    const open = () => PostgresLog.open(pooler.through(direct), { retryLimitMs: 120_000 });
    for (let i = 1; !isOver; i += 10) {
      await appendStubbornly(open, { writer, from: i, to: i + 9 }, (one) => said.push(one));
    }
  });
  for (let crash = 0; crash <= CRASHES; crash++) {
    const before = said.length;
    await until("appends are acknowledged", () => said.length >= before + ACKS_BETWEEN, 60_000);
    if (crash === CRASHES) break;
    await pooler.crash();
    report.add(`crash ${crash}`, { acknowledged: 0, lost: [], doubled: [], wrong: [] });
  }
  isOver = true;
  await Promise.all(writing);
  report.add("in the end", await judge(() => PostgresLog.open(direct), said));
  report.close();
});
