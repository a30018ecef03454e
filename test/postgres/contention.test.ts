import { describe, expect, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { asUser, lockKeyOf, openAdmin, openPostgres, openProxy, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (log: PostgresLog, data: unknown) =>
  log.append({ stream: "session-a", events: [{ type: "t", data }] }, ACTOR);

/** Reads, decides and appends; on a conflict again, as a store would. @returns the conflicts met */
async function increment(log: PostgresLog): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    let version = 0;
    for await (const event of eventsOf(log.readStream("counter-a"))) version = event.version;
    const batch = { stream: "counter-a", expectedVersion: version, events: [{ type: "t", data: version + 1 }] };
    const error: unknown = await log.append(batch, ACTOR).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return conflicts;
    expect(error).toMatchObject({ code: "VERSION_CONFLICT" });
  }
}

describe("several processes append to one log", () => {
  test("expected versions hold under contention", async () => {
    const url = await freshPostgresUrl();
    const logs = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url)));
    const rounds = logs.map(async (log) => {
      for (let i = 0; i < 15; i++) await increment(log);
    });
    await Promise.all(rounds);
    const [log] = logs as [PostgresLog];
    const values: unknown[] = [];
    for await (const { data } of eventsOf(log.readAll())) values.push(data);
    expect(values).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  test("who believes that a stream is new, and is wrong, is refused alone", async () => {
    const url = await freshPostgresUrl();
    const [one, two] = [await openPostgres(url), await openPostgres(url)];
    const asNew = (log: PostgresLog, stream: string) =>
      log.append({ stream, expectedVersion: 0, events: [{ type: "t", data: stream }] }, ACTOR);
    await asNew(two, "session-x");
    for (let i = 0; i < 3; i++) await append(one, i); // alone again, and session-x was never looked up
    const outcomes = await Promise.allSettled(["session-y", "session-x", "session-z"].map((name) => asNew(one, name)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ code: "VERSION_CONFLICT", actual: 1 });
    expect(await one.tail()).toMatchObject({ offset: 6 });
    expect(await verifyLog(one)).toMatchObject({ ok: true });
  });

  test("defaults of the role make an append neither less durable nor fail", async () => {
    const url = await freshPostgresUrl();
    const [schema, user] = [schemaOf(url), `d_${schemaOf(url)}`];
    const admin = await openAdmin(url);
    await openPostgres(url);
    await admin.query(`CREATE ROLE ${user} LOGIN SUPERUSER;
      ALTER ROLE ${user} SET synchronous_commit = off;
      ALTER ROLE ${user} SET default_transaction_isolation = 'repeatable read';
      CREATE TABLE ${schema}.seen (commit text, isolation text);
      CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO ${schema}.seen VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation'));
        RETURN NULL; END $$;
      CREATE TRIGGER look AFTER INSERT ON ${schema}.events FOR EACH ROW EXECUTE FUNCTION ${schema}.look()`);
    const logs = [await openPostgres(asUser(url, user)), await openPostgres(asUser(url, user))];
    await Promise.all(
      logs.map(async (log) => {
        for (let i = 0; i < 25; i++) await append(log, i);
      }),
    );
    const { rows } = await admin.query(`SELECT DISTINCT commit FROM ${schema}.seen`);
    expect(rows).toEqual([{ commit: "on" }]);
    // An append in one statement would have the role's isolation, and refuses it; behind the lock it is ours.
    const levels = await admin.query(`SELECT DISTINCT isolation FROM ${schema}.seen`);
    expect(levels.rows).toEqual([{ isolation: "read committed" }]);
    expect(await verifyLog(logs[0] as PostgresLog)).toMatchObject({ ok: true, verified: 50 });
    await Promise.all(logs.map((log) => log.close()));
    await admin.query(`DROP ROLE ${user}`);
  });
});

describe("somebody holds the lock", () => {
  test("for longer than the limit: nothing is written, and the error says so", async () => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url, { lockTimeoutMs: 50, retryLimitMs: 200 }), await openAdmin(url)];
    await append(log, 1);
    await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKeyOf(url)})`);
    await expect(append(log, 2)).rejects.toMatchObject({ name: "UnavailableError", code: "LOG_LOCKED" });
    await admin.query("ROLLBACK");
    expect((await append(log, 3)).lastOffset).toBe(2);
  });

  test("and falls silent: the server takes it back, and the others go on", async () => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const silent = await openPostgres(proxy.url, { idleInTransactionMs: 200, statementTimeoutMs: 300 });
    const other = await openPostgres(url);
    await append(silent, 1);
    await append(other, 2);
    // What the silent one had seen last is out of date, and there is much: it takes the lock first, and its network ends there.
    const long = Array.from({ length: 65 }, (_, data) => ({ type: "t", data }));
    let isHeld = false;
    proxy.decide = (piece) => {
      isHeld ||= piece.includes("pg_advisory_xact_lock");
      return isHeld ? "stall" : "pass";
    };
    const late = silent.append({ stream: "session-a", events: long }, ACTOR);
    await until("the lock is taken", () => isHeld);
    expect((await append(other, 3)).lastOffset).toBe(3);
    isHeld = false;
    proxy.decide = () => "pass";
    expect((await late).firstOffset).toBe(4);
  });
});
