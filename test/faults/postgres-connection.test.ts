import { describe, expect, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { type ProxyAction, TcpProxy } from "../support/tcp-proxy.js";
import { FaultReport } from "./fault-report.js";
import { judge } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { appendStubbornly, type Said } from "./trial-append.js";

const LIMIT_MS = 1_200_000;
const APPENDS = 4;
/** Of the pieces at which the connection may be cut, every so many. */
const STEP = IS_LONG ? 1 : 6;
/** Far more pieces than opening a log and some appends send. */
const MAX_PIECES = 300;
const random = seededRandom();

/** Two writers, one of them through a network that fails at the k-th piece that it carries. */
async function appendWhileFailing(
  k: number,
  action: ProxyAction,
  contended: boolean,
): Promise<{ url: string; said: Said[]; struck: boolean }> {
  const url = await freshPostgresUrl();
  const proxy = await TcpProxy.start(url);
  const said: Said[] = [];
  const limits = { retryLimitMs: 20_000, statementTimeoutMs: 500, connectTimeoutMs: 500 };
  // The tables are there; making them is not what is tested here.
  await (await PostgresLog.open(url)).close();
  let pieces = 0;
  proxy.decide = () => (++pieces === k ? action : "pass");
  const writer = (from: string, number: number) =>
    appendStubbornly(
      () => PostgresLog.open(from, from === url ? { contended } : { ...limits, contended }),
      { writer: number, from: 1, to: APPENDS },
      (one) => said.push(one),
    );
  await Promise.all([writer(proxy.url, 1), writer(url, 2)]);
  await proxy.close();
  return { url, said, struck: pieces >= k };
}

/** The first opening of a log, through a network that fails at the k-th piece; then directly. */
async function openWhileFailing(
  k: number,
  action: ProxyAction,
): Promise<{ url: string; said: Said[]; struck: boolean }> {
  const url = await freshPostgresUrl();
  const proxy = await TcpProxy.start(url);
  let pieces = 0;
  proxy.decide = () => (++pieces === k ? action : "pass");
  const limits = {
    retryLimitMs: 20_000,
    statementTimeoutMs: 1_000,
    connectTimeoutMs: 1_000,
    idleInTransactionMs: 1_000,
  };
  const said: Said[] = [];
  await appendStubbornly(
    () => PostgresLog.open(proxy.url, limits),
    { writer: 1, from: 1, to: 1 },
    (one) => said.push(one),
  );
  await proxy.close();
  return { url, said, struck: pieces >= k };
}

describe.each<[ProxyAction, string]>([
  ["cut", "delivered, and the answer lost"],
  ["half", "delivered by half"],
  ["stall", "delivered, and silence from then on"],
])("postgres: the k-th piece that a client sends is %s: %s", (action) => {
  test("nothing acknowledged is lost, nothing is doubled, and both writers come to their end", {
    timeout: LIMIT_MS,
  }, async () => {
    const report = new FaultReport(`postgres: connection ${action} at the k-th piece`);
    let struck = true;
    // The writers seal, or the server does, and then one of them may do what the other one wants.
    for (const contended of [false, true]) {
      struck = true;
      for (let k = 1 + Math.floor(random() * STEP); struck && k < MAX_PIECES; k += STEP) {
        const trial = await appendWhileFailing(k, action, contended);
        struck = trial.struck;
        report.add(`piece ${k}, ${contended}`, await judge(() => PostgresLog.open(trial.url), trial.said));
      }
    }
    report.close();
    expect(struck).toBe(false);
  });

  test("the tables of a new log are there as a whole or not at all, and opening it again makes them", {
    timeout: LIMIT_MS,
  }, async () => {
    const report = new FaultReport(`postgres: new log, connection ${action} at the k-th piece`);
    let struck = true;
    for (let k = 1 + Math.floor(random() * STEP); struck && k < MAX_PIECES; k += STEP) {
      const trial = await openWhileFailing(k, action);
      struck = trial.struck;
      report.add(`piece ${k}`, await judge(() => PostgresLog.open(trial.url), trial.said));
    }
    report.close();
    expect(struck).toBe(false);
  });
});
