import { expect, test } from "vitest";
import { collabData } from "../../projections/collab-events.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { until } from "../support/until.js";
import { spawnWorker } from "../support/worker.js";

/** COLLAB_KILL_TASKS=2000 is the long form. */
const TASKS = Number(process.env.COLLAB_KILL_TASKS ?? 200);
const PROCESSES = 8;
const CLAIMERS_EACH = 2;
const KILLED = 3;
const LEASE_MS = 3_000;
/** For a slow machine that others use, too. */
const LIMIT_MS = 60_000 + TASKS * 400;

test.each(BACKENDS)(
  "%s: 16 claimers, a third of them killed: every task is done once, none is lost, none claimed twice in a lease",
  async (_name, fresh) => {
    const url = await fresh();
    const log = await opened(url);
    const store = new CollaborativeSessions(log);
    await store.sessions.create("s");
    for (let i = 0; i < TASKS; i++) {
      const task = { taskId: `t${i}`, agentName: "agent", taskType: "x", priority: i % 5, maxAttempts: 1_000 };
      await store.tasks.create("s", task);
    }
    let begun = 0;
    const onFirst = () => begun++;
    const doomed = Array.from({ length: KILLED }, (_, i) => runWorker(url, i, 1 + (i % 3), onFirst));
    // The others might do all tasks before these have begun.
    await until("the first claims", () => begun === KILLED, LIMIT_MS);
    const others = Array.from({ length: PROCESSES - KILLED }, (_, i) =>
      runWorker(url, KILLED + i, Number.POSITIVE_INFINITY),
    );
    const kills = await Promise.all([...doomed, ...others]);
    expect(kills.filter(Boolean)).toHaveLength(KILLED);
    expect((await store.tasks.list({ status: "completed", limit: 1, total: true })).total).toBe(TASKS);
    let lost = 0;
    for (let i = 0; i < TASKS; i++) lost += await assertHistory(store, `s/t${i}`);
    expect(lost).toBeGreaterThan(0);
    expect((await store.sessions.get("s")).taskCount).toBe(TASKS);
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  },
  LIMIT_MS,
);

/** Killed right after its `life`-th claim. `onFirst` hears of the first one. @returns whether it was killed */
async function runWorker(url: string, number: number, life: number, onFirst?: () => void): Promise<boolean> {
  const worker = spawnWorker("task-worker", [url, `w${number}`, String(CLAIMERS_EACH), String(LEASE_MS)]);
  let claims = 0;
  for await (const line of worker.lines) {
    if (!("claimed" in JSON.parse(line))) continue;
    if (++claims === 1) onFirst?.();
    if (claims === life) worker.kill9();
  }
  const { code, signal, stderr } = await worker.exit;
  if (signal !== "SIGKILL" && code !== 0) throw new Error(stderr);
  return signal === "SIGKILL";
}

/** As the log sees it. @returns how often the task was given back */
async function assertHistory(store: CollaborativeSessions, id: string): Promise<number> {
  let leaseUntil: string | undefined;
  let claimedBy: string | undefined;
  let requeued = 0;
  let completed = 0;
  for (const event of await store.tasks.history(id)) {
    const claim = collabData("task.claimed", event);
    const renewed = collabData("task.started", event) ?? collabData("task.heartbeat", event);
    const given = collabData("task.requeued", event);
    const done = collabData("task.completed", event);
    if (claim !== undefined) {
      expect(leaseUntil).toBeUndefined();
      claimedBy = claim.claimedBy;
    }
    leaseUntil = claim?.leaseUntil ?? renewed?.leaseUntil ?? leaseUntil;
    if (given !== undefined) {
      expect(given.readyAt >= (leaseUntil as string)).toBe(true);
      leaseUntil = undefined;
      requeued++;
    }
    if (done === undefined) continue;
    completed++;
    expect(done.output).toMatchObject({ by: claimedBy });
    expect(done.at < (leaseUntil as string)).toBe(true);
  }
  expect(completed).toBe(1);
  return requeued;
}
