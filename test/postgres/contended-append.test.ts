import type pg from "pg";
import { describe, expect, test } from "vitest";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { parsePostgresUrl } from "../../src/log/sql/postgres/postgres-url.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { CANARY, canaryIn } from "../erasure/canary.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { asUser, lockKeyOf, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (log: PostgresLog, data: unknown, stream = "session-a") =>
  log.append({ stream, events: [{ type: "t", data }] }, ACTOR);

interface Ground {
  readonly url: string;
  readonly schema: string;
  readonly admin: pg.Client;
  /** A user who may append, and no more. */
  readonly user: string;
}

async function ground(): Promise<Ground> {
  const url = await freshPostgresUrl();
  const [schema, admin] = [schemaOf(url), await openAdmin(url)];
  await openPostgres(url);
  const user = `c_${schema}`;
  await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${user};
    GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${user}; GRANT INSERT ON ${schema}.events TO ${user};
    GRANT INSERT, UPDATE, DELETE ON ${schema}.append_requests TO ${user}`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${user} CASCADE; DROP ROLE ${user}`);
  });
  return { url, schema, admin, user };
}

/** From now on, which statements of clients insert events. */
async function watchInserts({ schema, admin }: Ground): Promise<() => Promise<string[]>> {
  await admin.query(`CREATE TABLE ${schema}.seen (statement text); GRANT INSERT ON ${schema}.seen TO PUBLIC;
    CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${schema}.seen VALUES (split_part(current_query(), ' ', 1)); RETURN NULL; END $$;
    CREATE TRIGGER look AFTER INSERT ON ${schema}.events FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.look()`);
  return async () =>
    (await admin.query(`SELECT DISTINCT statement FROM ${schema}.seen ORDER BY 1`)).rows.map((row) => row.statement);
}

/** Somebody else holds the writers' lock, until he rolls back. */
async function hold(admin: pg.Client, url: string): Promise<void> {
  await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKeyOf(url)})`);
}

/** Waits until they have ended: what is sent to one that is about to end would be an append of unknown outcome. */
async function endConnections(admin: pg.Client, user: string): Promise<void> {
  const limitMs = 60_000;
  const ending =
    "SELECT count(*) FILTER (WHERE NOT pg_terminate_backend(pid, $2)) AS left FROM pg_stat_activity WHERE usename = $1";
  expect((await admin.query(ending, [user, limitMs])).rows).toEqual([{ left: "0" }]);
}

async function untilAsked(admin: pg.Client, schema: string, count: number): Promise<void> {
  const waiting = `SELECT 1 FROM ${schema}.append_requests WHERE waits`;
  await until(`${count} have said what they want`, async () => (await admin.query(waiting)).rowCount === count);
}

async function assertWhole(log: PostgresLog, events: number): Promise<void> {
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: events });
}

describe("an append that meets others", () => {
  test("is one call, in which the server seals", async () => {
    const place = await ground();
    const inserts = await watchInserts(place);
    const logs = await Promise.all([1, 2, 3].map(() => openPostgres(place.url, { contended: true })));
    await Promise.all(logs.flatMap((log, i) => [1, 2, 3].map((n) => append(log, n, `session-${i}`))));
    expect(await inserts()).toEqual(["CALL"]);
    await assertWhole(logs[0] as PostgresLog, 9);
  });

  test("of a role that only reads by now is refused as that: nobody has to find out whether it was written", async () => {
    const { url, admin, user } = await ground();
    const log = await openPostgres(asUser(url, user), { contended: true });
    await append(log, 1);
    await admin.query(`ALTER ROLE ${user} SET default_transaction_read_only = on`);
    await endConnections(admin, user);
    await expect(append(log, 2)).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
    await admin.query(`ALTER ROLE ${user} RESET ALL`);
    await endConnections(admin, user);
    expect((await append(log, 3)).lastOffset).toBe(2);
    await log.close();
  });

  test("takes another way where it is too long for that", async () => {
    const place = await ground();
    const inserts = await watchInserts(place);
    const log = await openPostgres(place.url, { contended: true });
    const events = Array.from({ length: 65 }, (_, data) => ({ type: "t", data }));
    await log.append({ stream: "session-a", events }, ACTOR);
    await append(log, "x".repeat(1024 * 1024));
    expect(await inserts()).toEqual(["INSERT", "WITH"]);
    await assertWhole(log, 66);
  });

  test.each(["append_among_others", "append_answer", "append_events", "append_wait"])(
    "goes on where nobody may call %s",
    async (routine) => {
      const place = await ground();
      const { schema, admin, user } = place;
      await admin.query(`REVOKE EXECUTE ON ROUTINE ${schema}.${routine} FROM PUBLIC`);
      const log = await openPostgres(asUser(place.url, user), { contended: true });
      for (const n of [1, 2, 3]) expect((await append(log, n)).lastOffset).toBe(n);
      await log.close();
      await assertWhole(await openPostgres(place.url), 3);
    },
  );

  test.each(["repeatable read", "serializable"])("goes on where the role's isolation is %s", async (level) => {
    const place = await ground();
    const inserts = await watchInserts(place);
    await place.admin.query(`ALTER ROLE ${place.user} SET default_transaction_isolation = '${level}'`);
    const urls = [1, 2, 3].map(() => asUser(place.url, place.user));
    const logs = await Promise.all(urls.map((url) => openPostgres(url, { contended: true })));
    await Promise.all(logs.flatMap((log) => [1, 2, 3].map((n) => append(log, n))));
    expect(await inserts()).not.toContain("CALL");
    await Promise.all(logs.map((log) => log.close()));
    await assertWhole(await openPostgres(place.url), 9);
  });

  test("seals rightly whatever a user's search_path puts in front, and is as durable as always", async () => {
    const { url, schema, admin, user } = await ground();
    await admin.query(`CREATE SCHEMA ${user};
      CREATE FUNCTION ${user}.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'forged' $$;
      CREATE FUNCTION ${user}.hashtext(text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
      CREATE FUNCTION ${user}.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$;
      CREATE TABLE ${user}.events (LIKE ${schema}.events); GRANT USAGE ON SCHEMA ${user} TO ${user};
      GRANT ALL ON ${user}.events TO ${user};
      ALTER ROLE ${user} SET search_path = ${user}, pg_catalog; ALTER ROLE ${user} SET synchronous_commit = off;
      CREATE TABLE ${schema}.durable (value text); GRANT INSERT ON ${schema}.durable TO PUBLIC;
      CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO ${schema}.durable VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE TRIGGER look AFTER INSERT ON ${schema}.events FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.look()`);
    const log = await openPostgres(asUser(url, user), { contended: true });
    for (const n of [1, 2, 3]) await append(log, n);
    await log.close();
    await assertWhole(await openPostgres(url), 3);
    expect((await admin.query(`SELECT DISTINCT value FROM ${schema}.durable`)).rows).toEqual([{ value: "on" }]);
    await admin.query(`DROP SCHEMA ${user} CASCADE`);
  });

  test("gives the same refusals, and nothing is written for them", async () => {
    const { url } = await ground();
    const log = await openPostgres(url, { contended: true });
    await append(log, 1);
    const batch = (stream: string, expectedVersion: number | "exists") => ({
      stream,
      expectedVersion,
      events: [{ type: "t", data: 2 }],
    });
    for (const [stream, expected, actual] of [
      ["session-a", 0, 1],
      ["session-a", 2, 1],
      ["session-none", 1, 0],
      ["session-none", "exists", 0],
    ] as const) {
      const refused = log.append([batch("session-b", 0), batch(stream, expected)], ACTOR);
      await expect(refused).rejects.toMatchObject({ code: "VERSION_CONFLICT", stream, expected, actual });
    }
    const all = await Promise.allSettled(
      [batch("session-a", 1), batch("session-a", 1), batch("session-b", "exists"), batch("session-a", 2)].map((one) =>
        log.append(one, ACTOR),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    await assertWhole(log, 3);
  });

  test("waits for the lock no longer than its limit; then nothing was written, and the error says so", async () => {
    const { url, admin } = await ground();
    const log = await openPostgres(url, { contended: true, lockTimeoutMs: 50, retryLimitMs: 200 });
    await append(log, 1);
    await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKeyOf(url)})`);
    await expect(append(log, 2)).rejects.toMatchObject({ name: "UnavailableError", code: "LOG_LOCKED" });
    await admin.query("ROLLBACK");
    expect((await append(log, 3)).lastOffset).toBe(2);
    await assertWhole(log, 2);
  });

  test("is done together with those that wait for the same lock: one transaction, one wait for the disk", async () => {
    const { url, schema, admin } = await ground();
    // The row's own xmin is of a part of its transaction.
    await admin.query(`CREATE TABLE ${schema}.done (transaction xid8);
      CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO ${schema}.done VALUES (pg_current_xact_id()); RETURN NULL; END $$;
      CREATE TRIGGER note AFTER INSERT ON ${schema}.events FOR EACH ROW EXECUTE FUNCTION ${schema}.note()`);
    const logs = await Promise.all([1, 2, 3, 4, 5].map(() => openPostgres(url, { contended: true })));
    await Promise.all(logs.map((log) => log.tail()));
    await hold(admin, url);
    const refused = logs[4] as PostgresLog;
    const late = [
      ...logs.slice(0, 4).map((log, i) => append(log, i, `session-${i}`)),
      refused.append({ stream: "session-x", expectedVersion: 7, events: [{ type: "t", data: 1 }] }, ACTOR),
    ];
    await untilAsked(admin, schema, 5);
    await admin.query("ROLLBACK");
    const outcomes = await Promise.allSettled(late);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(4).fill("fulfilled"), "rejected"]);
    expect(outcomes[4]).toMatchObject({ reason: { code: "VERSION_CONFLICT", expected: 7, actual: 0 } });
    const { rows } = await admin.query(`SELECT count(*)::int AS events FROM ${schema}.done GROUP BY transaction`);
    expect(rows).toEqual([{ events: 4 }]);
    await assertWhole(logs[0] as PostgresLog, 4);
  });

  test("leaves nothing of its data beside the log, where an erasure would not find it", async () => {
    const { url, schema, admin } = await ground();
    const logs = await Promise.all([1, 2, 3].map(() => openPostgres(url, { contended: true })));
    const hasty = await openPostgres(url, { contended: true, lockTimeoutMs: 100, retryLimitMs: 0 });
    await hold(admin, url);
    const late = logs.map((log) => append(log, CANARY));
    await expect(append(hasty, CANARY)).rejects.toMatchObject({ code: "LOG_LOCKED" });
    const lost = append(logs[0] as PostgresLog, CANARY);
    await untilAsked(admin, schema, 3);
    await admin.query(`SELECT pg_terminate_backend(max(backend)) FROM ${schema}.append_requests WHERE waits`);
    await admin.query("ROLLBACK");
    await Promise.all([...late, lost]);
    expect(await canaryIn(url)).toEqual(["events"]);
    await assertWhole(hasty, 4);
    const { events } = await append(hasty, "last");
    expect(events).toHaveLength(1);
    await hasty.redact({ offsets: [1, 2, 3, 4] }, ACTOR);
    expect(await canaryIn(url)).toEqual([]);
  });

  test("that is taken back is done by nobody else", async () => {
    const { url, schema, admin } = await ground();
    const hasty = await openPostgres(url, { contended: true, lockTimeoutMs: 200, retryLimitMs: 0 });
    const patient = await openPostgres(url, { contended: true });
    await hold(admin, url);
    const taken = append(hasty, "hasty");
    const late = append(patient, "patient");
    await expect(taken).rejects.toMatchObject({ code: "LOG_LOCKED" });
    await untilAsked(admin, schema, 1);
    await admin.query("ROLLBACK");
    expect(await late).toMatchObject({ lastOffset: 1 });
    await assertWhole(patient, 1);
  });

  test("that fails in the server harms nobody but who asked for it", async () => {
    const { url, schema, admin } = await ground();
    await admin.query(`CREATE FUNCTION ${schema}.picky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.data = '"bad"' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER picky BEFORE INSERT ON ${schema}.events FOR EACH ROW EXECUTE FUNCTION ${schema}.picky()`);
    const logs = await Promise.all([1, 2, 3].map(() => openPostgres(url, { contended: true })));
    await hold(admin, url);
    const late = ["good", "bad", "fine"].map((data, i) => append(logs[i] as PostgresLog, data));
    await untilAsked(admin, schema, 3);
    await admin.query("ROLLBACK");
    const outcomes = await Promise.allSettled(late);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "STORAGE_FAILED" } });
    await assertWhole(logs[0] as PostgresLog, 2);
  });

  test("whose process is gone is done at most once, by whoever comes next or by nobody", async () => {
    const { url, schema, admin } = await ground();
    const [log, next] = [await openPostgres(url, { contended: true }), await openPostgres(url, { contended: true })];
    await hold(admin, url);
    const late = append(log, "late");
    await untilAsked(admin, schema, 1);
    await admin.query(`SELECT pg_terminate_backend(backend) FROM ${schema}.append_requests`);
    const other = append(next, "next");
    await admin.query("ROLLBACK");
    const offsets = [(await late).lastOffset, (await other).lastOffset];
    expect(offsets.sort()).toEqual([1, 2]);
    expect(await late).toMatchObject({ repeated: false });
    await assertWhole(next, 2);
  });

  test("whose process is gone, and that was refused since, is not done when it would no longer be refused", async () => {
    const { url, schema, admin } = await ground();
    const [log, other] = [await openPostgres(url, { contended: true }), await openPostgres(url, { contended: true })];
    await append(other, 1, "session-b");
    await hold(admin, url);
    const late = log.append({ stream: "session-a", expectedVersion: 1, events: [{ type: "t", data: "late" }] }, ACTOR);
    await untilAsked(admin, schema, 1);
    await admin.query(`SELECT pg_terminate_backend(backend) FROM ${schema}.append_requests WHERE waits`);
    await admin.query("ROLLBACK");
    await expect(late).rejects.toMatchObject({ code: "VERSION_CONFLICT", actual: 0 });
    for (const n of [1, 2, 3]) await append(other, n);
    await assertWhole(other, 4);
  });

  test("whose server process is ended while it waits is written once", async () => {
    const { url, admin } = await ground();
    const log = await openPostgres(url, { contended: true });
    await append(log, 1);
    await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKeyOf(url)})`);
    const late = append(log, 2);
    const ended = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND objid = hashtext('${schemaOf(url)}')::bigint & 4294967295`;
    await until("it was ended", async () => ((await admin.query(ended)).rowCount ?? 0) > 0);
    await admin.query("COMMIT");
    expect(await late).toMatchObject({ lastOffset: 2, repeated: false });
    await assertWhole(log, 2);
  });

  test("is told to listeners, the last one of a burst too", async () => {
    const { url } = await ground();
    const listener = await openAdmin(url);
    let heard = 0;
    listener.on("notification", ({ payload }) => {
      heard = Math.max(heard, Number(payload));
    });
    await listener.query(`LISTEN ${parsePostgresUrl(url).channel}`);
    const logs = await Promise.all([1, 2, 3, 4].map(() => openPostgres(url, { contended: true })));
    for (let round = 1; round <= 10; round++) {
      await Promise.all(logs.map((log, i) => append(log, round, `session-${i}`)));
      await until("the end of the burst is told", () => heard === round * logs.length);
    }
  });
});
