import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { countingEntropy } from "../../src/conformance/target.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { SampleClock } from "./sample-store.js";

const [ADA, CLAUDE, CODEX] = [{ actor: "user:ada" }, { actor: "agent:claude" }, { actor: "agent:codex" }];
const LEASE = { leaseMs: 30 * 60_000 };
const TASKS = [
  { taskId: "review-schema", taskType: "review", priority: 5 },
  { taskId: "write-migration", taskType: "code", priority: 4 },
  { taskId: "load-test", taskType: "test", priority: 3, maxAttempts: 1 },
  { taskId: "update-docs", taskType: "write", priority: 1 },
] as const;

/** Two people and two agents that work on one thing, always the same. */
export async function writeSampleTeam(path: string): Promise<void> {
  const clock = new SampleClock();
  const log = await SqliteLog.open(path, { now: () => clock.now, entropy: countingEntropy() });
  try {
    await writeTeam(new CollaborativeSessions(log, { actor: "user:ada", now: () => clock.now }), clock);
  } finally {
    await log.close();
  }
}

async function writeTeam(collab: CollaborativeSessions, clock: SampleClock): Promise<void> {
  const { sessions, chunks, memories, artifacts, tasks } = collab;
  const participants = ["user:ada", "user:bo", "agent:claude", "agent:codex"];
  const talk = async (id: string, content: string, note: { actor: string }) => {
    clock.pass(3);
    await chunks.add("billing", id, { content, participants: [note.actor] }, note);
  };
  const claim = async (agent: string, note: { actor: string }) => {
    clock.pass(4);
    const task = await tasks.claim(agent, note.actor, { ...LEASE, ...note });
    return { id: task?.id ?? "", token: task?.token ?? 0 };
  };
  await sessions.create("billing", { title: "Retries for billing", participants }, ADA); // 1
  await talk(
    "c1",
    "Failed payments are tried once. We need retries with a backoff, and a record of each attempt.",
    ADA,
  );
  await talk("c2", "I propose a table of attempts with a unique key for each payment.", CLAUDE);
  await memories.set("billing", "storage", { type: "decision", content: "SQLite", tags: ["data"] }, ADA); // 4
  for (const task of TASKS) await tasks.create("billing", { agentName: "any", ...task }, ADA); // 5 to 8
  const review = await claim("any", CLAUDE); // 9
  await tasks.start(review.id, review.token, { ...LEASE, ...CLAUDE });
  await talk("c3", "Two machines write at the same time, so one file is not enough.", CODEX);
  const reason = "two machines write";
  await memories.set(
    "billing",
    "storage",
    { type: "decision", content: "Postgres", tags: ["data"] },
    { ...CODEX, reason },
  );
  await artifacts.save(
    "billing",
    "docs/plan.md",
    { content: "# Plan\n\n1. attempts\n2. backoff", format: "md" },
    CLAUDE,
  );
  await tasks.complete(review.id, review.token, { output: { ok: true } }, CLAUDE); // 14
  const migration = await claim("any", CODEX);
  await tasks.start(migration.id, migration.token, { ...LEASE, ...CODEX });
  const load = await claim("any", CLAUDE);
  await tasks.start(load.id, load.token, { ...LEASE, ...CLAUDE });
  await tasks.fail(load.id, load.token, { error: "connection pool exhausted after 40 s" }, CLAUDE); // 19
  await artifacts.save(
    "billing",
    "docs/plan.md",
    { content: "# Plan\n\n1. attempts\n2. backoff\n3. pool", format: "md" },
    CLAUDE,
  );
  await memories.set("billing", "pool", { type: "risk", content: "the pool is too small for retries" }, CLAUDE);
  await tasks.create("billing", { agentName: "any", taskId: "grow-pool", taskType: "code", priority: 6 }, ADA);
  await talk("c4", "The load test failed: the pool is too small. I made a task for it.", ADA);
  const pool = await claim("any", CLAUDE); // 24
  await tasks.start(pool.id, pool.token, { ...LEASE, ...CLAUDE });
  await talk("c5", "The pool grows with the queue now.", CLAUDE);
  await tasks.complete(pool.id, pool.token, { output: { size: 20 } }, CLAUDE);
}
