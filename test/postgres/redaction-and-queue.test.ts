import { expect, test } from "vitest";
import { collabTasks } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { ACTOR, allEvents } from "../../src/conformance/target.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const QUEUE = {
  streamPrefix: "task-",
  versionField: "version",
  atOnce: 1,
  bringing: ["task.created"],
  lapsing: { types: ["task.claimed"], member: "leaseUntil", now: "" },
} as const;

/** Where each waits for the other, the first is told so, and the second is not. */
const HASTY = { lockTimeoutMs: 1_000, retryLimitMs: 1_000 };
const PATIENT = { lockTimeoutMs: 30_000 };

/** Takes a task, and appends when `act`, which it has begun meanwhile, waits for a lock. @returns what the act comes to */
async function takeWhile(url: string, log: PostgresLog, act: () => Promise<unknown>): Promise<Promise<unknown>[]> {
  const admin = await openAdmin(url);
  const waits = async () => {
    const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${schemaOf(url)}"%'`;
    return (await admin.query(sql)).rows.length > 0;
  };
  let acting: Promise<unknown> | undefined;
  const taken = await new ReadModel(log, collabTasks).take({}, QUEUE, async ([task]) => {
    acting ??= act();
    acting.catch(() => undefined); // the caller looks at it
    await until("it waits for what was offered", waits);
    const { lastOffset } = await log.append({ stream: "x", events: [{ type: "taken", data: task?.id }] }, ACTOR);
    return lastOffset;
  });
  expect(taken).toBe(2);
  return [acting as Promise<unknown>];
}

test("a redaction and somebody who takes from a queue do not wait for each other", async () => {
  const url = await freshPostgresUrl();
  const [log, other] = [await openPostgres(url, HASTY), await openPostgres(url, PATIENT)];
  const { tasks } = new CollaborativeSessions(log);
  await tasks.create(null, { taskId: "t", agentName: "a", taskType: "x" });
  await tasks.list();
  const [redacted] = await takeWhile(url, log, () => other.redact({ offsets: [1] }, ACTOR));
  expect(await redacted).toMatchObject({ erased: 1, events: [{ offset: 3 }] });
  expect(await tasks.list()).toMatchObject({ documents: [] });
  expect(await verifyLog(log)).toMatchObject({ ok: true });
});

test("nor does a copy that brings a redaction along", async () => {
  const [url, source] = [await freshPostgresUrl(), await openPostgres(await freshPostgresUrl())];
  const [log, other] = [await openPostgres(url, HASTY), await openPostgres(url, PATIENT)];
  await new CollaborativeSessions(source).tasks.create(null, { taskId: "t", agentName: "a", taskType: "x" });
  await log.appendSealed(await allEvents(source));
  await source.redact({ offsets: [1] }, ACTOR);
  await new CollaborativeSessions(log).tasks.list();
  const record = (await allEvents(source)).slice(1);
  const [copied] = await takeWhile(url, log, () => other.appendSealed(record));
  // It has lost against what was appended meanwhile, which is not behind the source's tail any more.
  await expect(copied).rejects.toMatchObject({ code: "CHAIN_BREAK" });
  await log.truncateAfter(1, await log.tail());
  await other.appendSealed(record);
  expect(await new CollaborativeSessions(log).tasks.list()).toMatchObject({ documents: [] });
});
