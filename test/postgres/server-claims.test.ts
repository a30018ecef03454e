import type pg from "pg";
import { describe, expect, test } from "vitest";
import type { Task } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { eventsOf } from "../../src/log/paging.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import type { PostgresLogOptions } from "../../src/log/sql/postgres/postgres-options.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { CANARY } from "../erasure/canary.js";
import { cleanUp } from "../support/clean-up.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { asUser, lockKeyOf, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

interface Ground {
  readonly url: string;
  readonly schema: string;
  readonly admin: pg.Client;
  readonly store: CollaborativeSessions;
  readonly log: PostgresLog;
}

const AGENT = { agentName: "a", taskType: "x" } as const;

/** A queue with so many tasks, which the read model knows, and from which one was claimed. */
async function ground(tasks: number): Promise<Ground> {
  const url = await freshPostgresUrl();
  const [log, admin] = [await openPostgres(url), await openAdmin(url)];
  const store = new CollaborativeSessions(log);
  for (let i = 0; i <= tasks; i++) await store.tasks.create(null, { ...AGENT, taskId: `t${i}` });
  expect((await store.tasks.claim("a", "first"))?.taskId).toBe("t0");
  return { url, schema: schemaOf(url), admin, store, log };
}

/** Others, each with a log of their own, who have claimed before. */
async function workers(url: string, count: number, options: PostgresLogOptions = {}): Promise<CollaborativeSessions[]> {
  const stores: CollaborativeSessions[] = [];
  for (let i = 0; i < count; i++) {
    const store = new CollaborativeSessions(await openPostgres(url, options), { actor: `agent:w${i}` });
    await store.tasks.create(null, { ...AGENT, agentName: "warm" });
    await store.tasks.claim("warm", "warm");
    stores.push(store);
  }
  return stores;
}

/** From now on, which statements of clients insert events, and how many transactions did. */
async function watchInserts({ schema, admin }: Ground): Promise<() => Promise<[string[], number]>> {
  await admin.query(`CREATE TABLE ${schema}.seen (statement text, transaction xid8); GRANT INSERT ON ${schema}.seen TO PUBLIC;
    CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${schema}.seen VALUES (split_part(current_query(), ' ', 1), pg_current_xact_id()); RETURN NULL; END $$;
    CREATE TRIGGER look AFTER INSERT ON ${schema}.events FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.look()`);
  return async () => {
    const { rows } = await admin.query(`SELECT statement, transaction::text FROM ${schema}.seen`);
    const statements = new Set<string>(rows.map(({ statement }) => statement));
    return [[...statements].sort(), new Set(rows.map(({ transaction }) => transaction)).size];
  };
}

async function hold({ admin, url }: Ground): Promise<void> {
  await admin.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKeyOf(url)})`);
}

async function untilAsked({ admin, schema }: Ground, count: number): Promise<void> {
  const waiting = `SELECT 1 FROM ${schema}.claim_requests WHERE waits`;
  await until(`${count} have said what they want`, async () => (await admin.query(waiting)).rowCount === count);
}

const idsOf = (tasks: readonly (Task | null)[]) => tasks.map((task) => task?.taskId ?? null).sort();
const claimsOf = async (log: PostgresLog) => {
  const claims: string[] = [];
  for await (const { type, stream } of eventsOf(log.readAll())) if (type === "task.claimed") claims.push(stream);
  return claims;
};

/** What is equal where two have done the same. */
async function factsOf(log: PostgresLog) {
  const facts: unknown[] = [];
  for await (const { offset, commit, version, recordedAt, stream, type, actor, dataText, metaText } of eventsOf(
    log.readAll(),
  )) {
    facts.push({ offset, commit, version, recordedAt, stream, type, actor, dataText, metaText });
  }
  return facts;
}

interface Step {
  readonly act: string;
  readonly n: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("create", "create", "claim", "claim", "claim", "complete", "fail", "start", "cancel", "pass"),
  n: fc.nat(3),
});

describe("claims by the server", () => {
  test("of one process are one call, of those who wait for each other one transaction, and each gets another task", async () => {
    const place = await ground(8);
    const others = await workers(place.url, 4);
    const seen = await watchInserts(place);
    const mine = await Promise.all(["x", "y", "z"].map((name) => place.store.tasks.claim("a", name)));
    expect(idsOf(mine)).toEqual(["t1", "t2", "t3"]);
    expect(await seen()).toEqual([["CALL"], 1]);
    await hold(place);
    const late = Promise.all(others.map((store) => store.tasks.claim("a", "late", { reason: "now" })));
    await untilAsked(place, 4);
    await place.admin.query("ROLLBACK");
    const theirs = (await late) as Task[];
    expect(idsOf(theirs)).toEqual(["t4", "t5", "t6", "t7"]);
    expect(await seen()).toEqual([["CALL"], 2]);
    for (const task of theirs) expect(await place.store.tasks.get(task.id)).toEqual(task);
    expect(await verifyLog(place.log)).toMatchObject({ ok: true });
  });

  test("of more than there are tasks, and of several agents, give each what is there for it", async () => {
    const place = await ground(3);
    const others = await workers(place.url, 5);
    await place.store.tasks.create(null, { ...AGENT, agentName: "b", taskId: "other" });
    await place.store.tasks.list();
    await hold(place);
    const late = others.map(({ tasks }, i) =>
      i === 4 ? [tasks.claim("b", "w")] : [tasks.claim("a", "w"), tasks.claim("a", "w")],
    );
    await untilAsked(place, 5);
    await place.admin.query("ROLLBACK");
    const claimed = await Promise.all(late.flat());
    expect(
      claimed
        .map((task) => task?.taskId)
        .filter((id) => id !== undefined)
        .sort(),
    ).toEqual(["other", "t1", "t2", "t3"]);
    expect(claimed.at(-1)?.taskId).toBe("other");
    for (const task of claimed) if (task !== null) expect(await place.store.tasks.get(task.id)).toEqual(task);
    expect(await verifyLog(place.log)).toMatchObject({ ok: true });
  });

  test("give the same events and tasks as the longer way, whatever happens between them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 25 }), fc.jsonValue(), async (steps, input) => {
        expect(await played(steps, input, true)).toEqual(await played(steps, input, false));
      }),
      { numRuns: 8 },
    );
  });

  test("take names and notes as what they are, and a document of any text", async () => {
    const { url, store, log } = await ground(0);
    const hostile = `o'"\\{},|$1'); DROP TABLE events; -- "leaseUntil":"1999-01-01T00:00:00.000Z" é漢\u{1f600}`;
    const input = { text: `${hostile}\u0000\u2028`, big: 1e308, "": [null, 0] };
    for (const taskId of ["q1", "q2"]) await store.tasks.create(null, { ...AGENT, taskId, input });
    const claim = () => store.tasks.claim("a", hostile, { reason: hostile, actor: hostile, processId: hostile });
    const [first, second] = [await claim(), await claim()] as [Task, Task];
    for (const task of [first, second]) {
      expect(await store.tasks.get(task.id)).toEqual(task);
      expect(task).toMatchObject({ claimedBy: hostile, processId: hostile, input, token: 2 });
      const [, claimed] = await store.tasks.history(task.id);
      expect(claimed).toMatchObject({ actor: hostile, meta: { reason: hostile } });
    }
    expect(await claimsOf(log)).toHaveLength(3);
    expect(await verifyLog(await openPostgres(url))).toMatchObject({ ok: true });
  });

  test("are told to listeners of other processes", async () => {
    const { url, store } = await ground(3);
    let rings = 0;
    const other = await openPostgres(url, { pollMs: 60_000 });
    other.onAppended(() => rings++);
    await until("it hears an append, and then claims", async () => {
      if (rings === 0) await store.sessions.create(`s${Math.random()}`.replace(".", ""));
      return rings > 0;
    });
    const before = rings;
    await store.tasks.claim("a", "me");
    await until("it hears a claim", () => rings > before);
  });

  test("leave nothing of their data beside the log, where an erasure would not find it", async () => {
    const place = await ground(6);
    const others = await workers(place.url, 3);
    const [hasty] = await workers(place.url, 1, { lockTimeoutMs: 100, retryLimitMs: 0 });
    await hold(place);
    const late = others.map((store) => store.tasks.claim("a", CANARY));
    await expect(hasty?.tasks.claim("a", CANARY)).rejects.toMatchObject({ code: "LOG_LOCKED" });
    await untilAsked(place, 3);
    await place.admin.query("ROLLBACK");
    await Promise.all(late);
    const left = `SELECT 1 FROM ${place.schema}.claim_requests AS x WHERE strpos(x::text, $1) > 0`;
    expect((await place.admin.query(left, [CANARY])).rowCount).toBe(0);
    expect(await claimsOf(place.log)).toHaveLength(1 + 4 + 3);
  });

  test("whose connection is lost while they wait are done once, and answered", async () => {
    const place = await ground(4);
    const [worker] = await workers(place.url, 1);
    await hold(place);
    const late = worker?.tasks.claim("a", "late");
    await untilAsked(place, 1);
    await place.admin.query(`SELECT pg_terminate_backend(backend) FROM ${place.schema}.claim_requests WHERE waits`);
    const next = place.store.tasks.claim("a", "next");
    await untilAsked(place, 2);
    await place.admin.query("ROLLBACK");
    expect(idsOf([(await late) as Task, await next])).toEqual(["t1", "t2"]);
    expect(await claimsOf(place.log)).toHaveLength(1 + 1 + 2);
    expect(await verifyLog(place.log)).toMatchObject({ ok: true });
  });

  test("that fail in the server harm nobody else, and their caller gets the error of the longer way", async () => {
    const place = await ground(4);
    const [good, bad] = (await workers(place.url, 2)) as [CollaborativeSessions, CollaborativeSessions];
    await place.admin.query(`CREATE FUNCTION ${place.schema}.picky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.data LIKE '%"bad"%' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER picky BEFORE INSERT ON ${place.schema}.events FOR EACH ROW EXECUTE FUNCTION ${place.schema}.picky()`);
    await hold(place);
    const late = Promise.allSettled([good.tasks.claim("a", "good"), bad.tasks.claim("a", "bad")]);
    await untilAsked(place, 2);
    await place.admin.query("ROLLBACK");
    const [done, failed] = await late;
    expect(done).toMatchObject({ status: "fulfilled", value: { claimedBy: "good" } });
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "STORAGE_FAILED" } });
    expect((await place.store.tasks.claim("a", "next"))?.attempts).toBe(1);
  });

  test.each([
    "claim_among_others",
    "claim_together",
    "claim_answer",
    "claim_tasks",
    "first_tasks",
    "documents_of_tasks",
    "append_wait",
  ])("go the longer way where %s is not there", async (routine) => {
    const { url, schema, admin } = await ground(6);
    await admin.query(`DROP ROUTINE ${schema}.${routine}`);
    const stores = await Promise.all([1, 2, 3].map(async () => new CollaborativeSessions(await openPostgres(url))));
    const tasks = await Promise.all(stores.flatMap(({ tasks }) => [tasks.claim("a", "x"), tasks.claim("a", "y")]));
    expect(idsOf(tasks)).toEqual(["t1", "t2", "t3", "t4", "t5", "t6"]);
  });

  test.each(["nothing", "the routines", "the requests", "another isolation"])(
    "go the longer way for a role that may write the tables, but for %s",
    async (what) => {
      const { url, schema, admin, log } = await ground(6);
      const user = `c_${schema}`;
      await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${user};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
      cleanUp(async () => {
        await admin.query(`DROP OWNED BY ${user} CASCADE; DROP ROLE ${user}`);
      });
      if (what === "the routines") await admin.query(`REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA ${schema} FROM PUBLIC`);
      if (what === "the requests") await admin.query(`REVOKE ALL ON ${schema}.claim_requests FROM ${user}`);
      if (what === "another isolation") {
        await admin.query(`ALTER ROLE ${user} SET default_transaction_isolation = 'serializable'`);
      }
      const logs = await Promise.all([1, 2, 3].map(() => openPostgres(asUser(url, user))));
      const stores = logs.map((one) => new CollaborativeSessions(one));
      const tasks = await Promise.all(stores.flatMap(({ tasks }) => [tasks.claim("a", "x"), tasks.claim("a", "y")]));
      expect(idsOf(tasks)).toEqual(["t1", "t2", "t3", "t4", "t5", "t6"]);
      for (const one of logs) await one.close();
      expect(await verifyLog(log)).toMatchObject({ ok: true });
    },
  );

  test("of a role that only reads are refused as that: nobody has to look whether they were made", async () => {
    const { url, admin, schema, log } = await ground(2);
    const user = `reads_${schema}`;
    await admin.query(`CREATE ROLE ${user} LOGIN SUPERUSER; ALTER ROLE ${user} SET default_transaction_read_only = on`);
    const reader = await openPostgres(asUser(url, user));
    const { tasks } = new CollaborativeSessions(reader);
    await expect(tasks.claim("a", "me")).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
    await reader.close();
    await admin.query(`DROP ROLE ${user}`);
    expect(await claimsOf(log)).toHaveLength(1);
  });

  test("are refused by a log that has moved, as every append is", async () => {
    const { log, store } = await ground(2);
    await log.freeze("sqlite:other.db");
    await expect(store.tasks.claim("a", "me")).rejects.toMatchObject({ code: "LOG_MOVED" });
    await log.thaw();
    expect((await store.tasks.claim("a", "me"))?.taskId).toBe("t1");
  });
});

/** One story, told to a log of its own by a clock of its own: what it answers, and the log that it leaves. */
async function played(steps: readonly Step[], input: unknown, byServer: boolean): Promise<unknown> {
  let nowMs = Date.parse("2030-01-31T10:00:00Z");
  const now = () => new Date(nowMs);
  const log = await openPostgres(await freshPostgresUrl(), { now });
  if (!byServer) Object.assign(log, { claimFirst: undefined });
  const { tasks } = new CollaborativeSessions(log, { actor: "agent:w", now });
  const held: Task[] = [];
  const answers: unknown[] = [];
  const doing = async (task: Task | undefined, act: (id: string, token: number) => Promise<unknown>) => {
    if (task !== undefined) answers.push(await act(task.id, task.token as number).catch(({ code }) => code));
  };
  for (const [i, { act, n }] of steps.entries()) {
    nowMs += 1;
    const mine = held[n];
    if (act === "pass") nowMs += n * 400;
    else if (act === "create") {
      await tasks.create(null, { ...AGENT, taskId: `t${i}`, priority: n, input, maxAttempts: 2, backoffMs: n * 100 });
    } else if (act === "claim") {
      const claims = Array.from({ length: 1 + n }, (_, j) => tasks.claim("a", `w${j}`, { leaseMs: 100 + 300 * n }));
      const claimed = await Promise.all(claims);
      answers.push(claimed);
      held.unshift(...claimed.filter((task) => task !== null));
    } else if (act === "complete") await doing(mine, (id, token) => tasks.complete(id, token, { output: input }));
    else if (act === "fail") await doing(mine, (id, token) => tasks.fail(id, token, { error: "no" }));
    else if (act === "start") await doing(mine, (id, token) => tasks.start(id, token, { leaseMs: 500 }));
    else await doing(mine, (id) => tasks.cancel(id));
  }
  expect(await verifyLog(log)).toMatchObject({ ok: true });
  return { answers, facts: await factsOf(log), list: (await tasks.list()).documents };
}
