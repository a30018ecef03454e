import { describe, expect, test } from "vitest";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const NEVER_MS = 3_600_000;
const append = (log: PostgresLog) =>
  log.append({ stream: "session-a", events: [{ type: "t", data: 1 }] }, { actor: "user:test" });

function countRings(log: PostgresLog): { rings: number } {
  const heard = { rings: 0 };
  log.onAppended(() => heard.rings++);
  return heard;
}

describe("the doorbell", () => {
  test("rings by the timer alone where NOTIFY is off", async () => {
    const url = await freshPostgresUrl();
    const [log, other] = [
      await openPostgres(url, { notify: false, pollMs: 10 }),
      await openPostgres(url, { notify: false }),
    ];
    const heard = countRings(log);
    await until("the first look", () => heard.rings === 1);
    await append(other);
    await until("a ring", () => heard.rings === 2);
  });

  test("rings by NOTIFY long before the timer, also after the connection was lost", async () => {
    const url = await freshPostgresUrl();
    const application = `listener_${schemaOf(url)}`;
    const listenUrl = `${url}&application_name=${application}`;
    const [log, other] = [await openPostgres(url, { listenUrl, pollMs: NEVER_MS }), await openPostgres(url)];
    const admin = await openAdmin(url);
    const heard = countRings(log);
    let expected = 1; // the first look rings
    for (let connection = 0; connection < 2; connection++) {
      expected++; // and each LISTEN: something may have been missed before it
      await until("it listens", () => heard.rings === expected);
      await append(other);
      expected++;
      await until("a ring", () => heard.rings === expected);
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
        application,
      ]);
    }
  });

  test("stops listening when nobody is left, and listens again for the next", async () => {
    const url = await freshPostgresUrl();
    const application = `listener_${schemaOf(url)}`;
    const log = await openPostgres(url, { listenUrl: `${url}&application_name=${application}`, pollMs: NEVER_MS });
    const admin = await openAdmin(url);
    const listeners = async () => {
      const activity = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'";
      return (await admin.query(activity, [application])).rowCount;
    };
    for (let turn = 0; turn < 2; turn++) {
      const stop = log.onAppended(() => undefined);
      await until("one listens", async () => (await listeners()) === 1);
      stop();
      await until("nobody listens", async () => (await listeners()) === 0);
    }
    expect((await append(log)).lastOffset).toBe(1);
  });
});
