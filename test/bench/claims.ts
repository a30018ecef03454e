import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import type { Comparison } from "./measure.js";

export const WORKERS = 8;
/** So many that the first look at the queue counts as little as it does in long use. */
export const CLAIMS = 1_000;
/** Longer than any run: a task that comes back would be counted twice. */
const LEASE_MS = 60 * 60 * 1_000;
/** Tasks that are created at the same time. */
const CREATED_TOGETHER = 100;

/** The queue beside which claims are measured. */
export interface QueuePeer {
  readonly peer: string;
  /** Claims all of CLAIMS tasks. @returns seconds; what comes before the first claim does not count */
  claimAll(): Promise<number>;
}

/**
 * Workers with a log of their own are as processes of their own; those of one process share one. Only claiming counts:
 * creating the tasks does not, nor that the tables take them in, as the peer's table has its rows when it begins.
 *
 * @param atLeast the ratio that is promised
 */
export function claims(
  name: string,
  logs: readonly EventLog[],
  { peer, claimAll }: QueuePeer,
  atLeast?: number,
): Comparison {
  const stores = logs.map((log) => new CollaborativeSessions(log, { actor: "agent:bench" }));
  let round = 0;
  const ours = async () => {
    const agentName = `agent-${round++}`;
    await fill(stores[0] as CollaborativeSessions, agentName);
    const before = performance.now();
    const counts = await Promise.all(
      Array.from({ length: WORKERS }, (_, i) =>
        claimUntilEmpty(stores[i % stores.length] as CollaborativeSessions, agentName),
      ),
    );
    const seconds = (performance.now() - before) / 1000;
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total !== CLAIMS) throw new Error(`${total} claims of ${CLAIMS} tasks`);
    return seconds;
  };
  const what = { durability: "as each is by default, committed to disk", unit: "claims/s", amount: CLAIMS };
  const promised = atLeast === undefined ? {} : { atLeast };
  const how = logs.length === 1 ? "of one process" : "with nothing in common";
  const title = `collab claims by ${WORKERS} ${how}, ${name}`;
  return { name: title, peer, ...what, ...promised, maxRounds: 5, ours, theirs: claimAll };
}

async function fill({ tasks }: CollaborativeSessions, agentName: string): Promise<void> {
  for (let from = 0; from < CLAIMS; from += CREATED_TOGETHER) {
    const some = Array.from({ length: CREATED_TOGETHER }, (_, i) =>
      tasks.create(null, { agentName, taskType: "x", priority: (from + i) % 5 }),
    );
    await Promise.all(some);
  }
  await tasks.list({ limit: 1 });
}

async function claimUntilEmpty({ tasks }: CollaborativeSessions, agentName: string): Promise<number> {
  let claimed = 0;
  while ((await tasks.claim(agentName, "worker", { leaseMs: LEASE_MS })) !== null) claimed++;
  return claimed;
}
